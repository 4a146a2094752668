/* The experiment of the multi-index models; id "multi-index-spectral/spectrum". */
#ifndef ASSAY_SIM_MULTI_INDEX_SPECTRAL_EXPERIMENTS_H
#define ASSAY_SIM_MULTI_INDEX_SPECTRAL_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment multi_index_spectral_spectrum;

#endif
