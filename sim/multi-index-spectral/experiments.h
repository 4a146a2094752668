/* The experiments of the multi-index models; ids "multi-index-spectral/...". */
#ifndef ASSAY_SIM_MULTI_INDEX_SPECTRAL_EXPERIMENTS_H
#define ASSAY_SIM_MULTI_INDEX_SPECTRAL_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment multi_index_spectral_spectrum, multi_index_spectral_pair,
    multi_index_spectral_secular, multi_index_spectral_matrix, multi_index_spectral_bulk;

#endif
