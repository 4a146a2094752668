#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "reports/report.h"

/* Completion of a shell, from the tables that the commands themselves read: commands, options, and by their
 * labels the words that options and arguments take. */

static const char *const actions[] = {"save", "list", "show", NULL};
static const char *const shells[] = {"bash", "zsh", NULL};

typedef enum { WORDS, FILES, DIRECTORIES, NOTHING } value_kind;

static value_kind kind_of(const char *label) {
  static const char *const words[] = {"TIER", "KIND", "FORMAT", "LIST", "CLAIM", "ACTION", "SHELL", NULL};
  for (int i = 0; words[i]; i++)
    if (!strcmp(label, words[i])) return WORDS;
  if (!strcmp(label, "FILE") || !strcmp(label, "STORE")) return FILES;
  return strcmp(label, "DIR") ? NOTHING : DIRECTORIES;
}

static void put_list(const char *const *words) {
  for (int i = 0; words[i]; i++) printf("%s%s", i ? " " : "", words[i]);
}

/* The words that a label stands for, separated by spaces. */
static void put_words(const char *label, const assay_paper *const *papers) {
  const char *gap = "";
  if (!strcmp(label, "TIER"))
    for (int t = 0; t < ASSAY_TIERS; t++) printf("%s%s", t ? " " : "", assay_tier_names[t]);
  if (!strcmp(label, "KIND")) put_list(cli_kinds);
  if (!strcmp(label, "FORMAT")) put_list(cli_list_formats);
  if (!strcmp(label, "LIST"))
    for (int f = 0; report_formats[f].name; f++) printf("%s%s", f ? " " : "", report_formats[f].name);
  if (!strcmp(label, "ACTION")) put_list(actions);
  if (!strcmp(label, "SHELL")) put_list(shells);
  if (strcmp(label, "CLAIM")) return;
  for (; *papers; papers++)
    for (const assay_claim *const *c = (*papers)->claims; *c; c++, gap = " ") printf("%s%s", gap, (*c)->id);
}

static bool has_letter(const struct argp_option *o) {
  return o->key > 0 && o->key < 128 && isprint(o->key);
}

/* ---- bash ---- */

static void bash_reply(const char *label, const assay_paper *const *papers) {
  switch (kind_of(label)) {
  case WORDS:
    printf("COMPREPLY=($(compgen -W '");
    put_words(label, papers);
    printf("' -- \"$cur\"))");
    break;
  case FILES:
    printf("compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$cur\"))");
    break;
  case DIRECTORIES:
    printf("compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- \"$cur\"))");
    break;
  case NOTHING:
    printf(":");
    break;
  }
}

static void bash_options(const cli_entry *command) {
  printf("      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '--help");
  for (const struct argp_option *o = command->options; o && o->name; o++) {
    printf(" --%s", o->name);
    if (has_letter(o)) printf(" -%c", o->key);
  }
  printf("' -- \"$cur\")); return; fi\n");
}

/* The last label of a command's arguments is that of all further ones. */
static void bash_arguments(const cli_entry *command, const assay_paper *const *papers) {
  char labels[64], *rest = labels, *label;
  snprintf(labels, sizeof labels, "%s", command->arguments ? command->arguments : "");
  printf("      case $nth in\n");
  for (int n = 1; (label = strsep(&rest, " ")); n++) {
    if (rest)
      printf("        %d) ", n);
    else
      printf("        *) ");
    bash_reply(label, papers);
    printf(" ;;\n");
  }
  printf("      esac ;;\n");
}

static void bash_command(const cli_entry *command, const assay_paper *const *papers) {
  printf("    %s)\n      case $prev in\n", command->name);
  for (const struct argp_option *o = command->options; o && o->name; o++) {
    if (!o->arg) continue;
    printf("        --%s", o->name);
    if (has_letter(o)) printf("|-%c", o->key);
    printf(") ");
    bash_reply(o->arg, papers);
    printf("; return ;;\n");
  }
  printf("      esac\n");
  bash_options(command);
  bash_arguments(command, papers);
}

/* Which of the arguments is being typed: options, and what follows those that take a value, are none. */
static void bash_counter(void) {
  printf("  for ((i = 2; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      -*) case $valued in *\" ${COMP_WORDS[i]} \"*) ((i++)); [[ ${COMP_WORDS[i]} == = ]] && "
         "((i++)) ;; esac ;;\n"
         "      *) ((nth++)) ;;\n"
         "    esac\n"
         "  done\n");
}

static void bash_valued(void) {
  printf("  case ${COMP_WORDS[1]} in\n");
  for (const cli_entry *c = cli_commands; c->name; c++) {
    if (!c->doc || !c->options) continue;
    printf("    %s) valued=' ", c->name);
    for (const struct argp_option *o = c->options; o->name; o++) {
      if (!o->arg) continue;
      printf("--%s ", o->name);
      if (has_letter(o)) printf("-%c ", o->key);
    }
    printf("' ;;\n");
  }
  printf("  esac\n");
}

static void print_bash(const assay_paper *const *papers) {
  printf("# Completion of assay for bash: source <(assay completion bash)\n"
         "_assay() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} nth=1 valued= i\n"
         "  COMPREPLY=()\n"
         "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
         "    COMPREPLY=($(compgen -W '");
  for (const cli_entry *c = cli_commands; c->name; c++)
    if (c->doc) printf("%s ", c->name);
  printf(
      "--help --version' -- \"$cur\"))\n    return\n  fi\n"
      "  # --option=value arrives as three words\n"
      "  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n");
  bash_valued();
  bash_counter();
  printf("  case ${COMP_WORDS[1]} in\n");
  for (const cli_entry *c = cli_commands; c->name; c++)
    if (c->doc) bash_command(c, papers);
  printf("  esac\n}\ncomplete -F _assay assay\n");
}

/* ---- zsh ---- */

/* Inside single quotes, in a specification where brackets and colons have a meaning. */
static void zsh_text(const char *s) {
  for (; *s; s++) {
    if (*s == '\'')
      fputs("'\\''", stdout);
    else if (strchr("[]:\\", *s))
      printf("\\%c", *s);
    else
      putchar(*s);
  }
}

static void zsh_values(const char *label, const assay_paper *const *papers) {
  printf(":%s:", label);
  switch (kind_of(label)) {
  case WORDS:
    putchar('(');
    put_words(label, papers);
    putchar(')');
    break;
  case FILES:
    printf("_files");
    break;
  case DIRECTORIES:
    printf("_files -/");
    break;
  case NOTHING:
    putchar(' ');
    break;
  }
}

static void zsh_option(const char *dashes, const char *name, const struct argp_option *o,
                       const assay_paper *const *papers) {
  printf(" \\\n        '%s%s%s[", dashes, name, !o->arg ? "" : dashes[1] ? "=" : "+");
  zsh_text(o->doc);
  putchar(']');
  if (o->arg) zsh_values(o->arg, papers);
  putchar('\'');
}

static void zsh_command(const cli_entry *command, const assay_paper *const *papers) {
  char labels[64], *rest = labels, *label;
  printf("    %s)\n      _arguments '--help[tell about the command]'", command->name);
  for (const struct argp_option *o = command->options; o && o->name; o++) {
    char letter[2] = {(char)o->key, 0};
    zsh_option("--", o->name, o, papers);
    if (has_letter(o)) zsh_option("-", letter, o, papers);
  }
  snprintf(labels, sizeof labels, "%s", command->arguments ? command->arguments : "");
  for (int n = 1; (label = strsep(&rest, " ")); n++) {
    if (rest)
      printf(" \\\n        '%d", n);
    else
      printf(" \\\n        '*");
    zsh_values(label, papers);
    putchar('\'');
  }
  printf(" ;;\n");
}

static void print_zsh(const assay_paper *const *papers) {
  printf("#compdef assay\n"
         "# Completion of assay for zsh: a file _assay in a folder of $fpath, or source <(assay completion "
         "zsh)\n"
         "_assay() {\n"
         "  local -a commands\n"
         "  commands=(\n");
  for (const cli_entry *c = cli_commands; c->name; c++) {
    if (!c->doc) continue;
    printf("    '%s:", c->name);
    zsh_text(c->doc);
    printf("'\n");
  }
  printf("  )\n"
         "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
         "  local command=$words[2]\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $command in\n");
  for (const cli_entry *c = cli_commands; c->name; c++)
    if (c->doc) zsh_command(c, papers);
  printf("  esac\n}\n"
         "if [[ $funcstack[1] == _assay ]]; then _assay \"$@\"; else compdef _assay assay; fi\n");
}

/* ---- the command ---- */

static error_t parse(int key, char *value, struct argp_state *state) {
  const char **shell = state->input;
  switch (key) {
  case ARGP_KEY_ARG:
    if (*shell) argp_error(state, "one shell at a time");
    *shell = value;
    return 0;
  case ARGP_KEY_END:
    if (!*shell) argp_error(state, "for which shell, bash or zsh?");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

int cli_completion(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {
      NULL,
      parse,
      "bash|zsh",
      "Prints the completion of a shell: commands, options, claims, tiers, formats, kinds."
      "\vFor bash: source <(assay completion bash), or a file in /etc/bash_completion.d. For zsh: assay "
      "completion zsh > _assay in a "
      "folder of $fpath.",
      NULL,
      NULL,
      NULL};
  const char *shell = NULL;
  if (argp_parse(&argp, argc, argv, 0, NULL, &shell)) return EXIT_MISTAKE;
  if (!strcmp(shell, "bash"))
    print_bash(papers);
  else if (!strcmp(shell, "zsh"))
    print_zsh(papers);
  else
    return cli_fail("no completion for the shell '%.64s'; known: bash, zsh", shell);
  return EXIT_GOOD;
}
