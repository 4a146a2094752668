/* The experiments of test-time training; ids "ttt-icl/<name>". See ttt-icl.h for what they simulate. */
#ifndef ASSAY_SIM_TTT_ICL_EXPERIMENTS_H
#define ASSAY_SIM_TTT_ICL_EXPERIMENTS_H

#include "sim/experiment.h"

/* Rungs that the experiment `ladder` has at most. */
enum { TTT_ICL_RUNGS = 7 };

extern const assay_experiment ttt_icl_chain_run, ttt_icl_ladder_run, ttt_icl_sampler_run, ttt_icl_direct_run,
    ttt_icl_pretraining_run, ttt_icl_step_run, ttt_icl_tabular_run;

#endif
