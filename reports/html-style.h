/* The style sheet of the HTML page. */
#ifndef ASSAY_REPORTS_HTML_STYLE_H
#define ASSAY_REPORTS_HTML_STYLE_H

/* CSS without "<" and "&", so that it stands in a page that is also XML; in pieces, ended by NULL. */
extern const char *const report_html_style[];

#endif
