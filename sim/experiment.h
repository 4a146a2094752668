/* The contract of a finite-size experiment. */
#ifndef ASSAY_SIM_EXPERIMENT_H
#define ASSAY_SIM_EXPERIMENT_H

#include "model/call.h"

/* What identifies the randomness of one replicate: a key (64 bits of the SHA-256 of seed, experiment, simulation point and
 * size) and the replicate's number, counted from 0. Draws are taken from it through sim/kernels/random.h. */
typedef struct assay_stream {
  uint64_t key, replicate;
} assay_stream;

typedef struct {
  const char *id; /* "paper-slug/name" */
  const char *doc;
  const assay_param *params;       /* roles: SIZE, PAIRED and READOUT have their meaning here */
  const assay_observable *records; /* what one replicate measures, at every read-out */
  int block;                       /* replicates in a unit of work: so many that a unit takes about 10 ms */

  /* Once per point and worker. `call` holds the point, with every value of the READOUT parameters as a list; what is taken
   * from it with assay_alloc lives until after close. Leave in *state what replicate needs. */
  assay_status (*open)(assay_call *call, void **state);
  /* One replicate: fills out[readout][record element], read-outs in the order given (the last READOUT parameter of the table
   * varies fastest), record elements in table order (a record of length m takes m places). A value that is not finite makes
   * the replicate failed. ASSAY_OK, ASSAY_DISCARD, or a failure with its reason in the call. */
  assay_status (*replicate)(assay_call *call, void *state, const assay_stream *stream, double *out);
  void (*close)(void *state); /* may be NULL */
} assay_experiment;

#endif
