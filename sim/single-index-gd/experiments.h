/* The experiments of the quadratic single-index model; ids "single-index-gd/<name>". See single-index-gd.h
 * for what they simulate. */
#ifndef ASSAY_SIM_SINGLE_INDEX_GD_EXPERIMENTS_H
#define ASSAY_SIM_SINGLE_INDEX_GD_EXPERIMENTS_H

#include "sim/experiment.h"

extern const assay_experiment single_index_gd_power_iteration, single_index_gd_spectrum, single_index_gd_bulk,
    single_index_gd_spherical, single_index_gd_chain, single_index_gd_vector, single_index_gd_hitting,
    single_index_gd_squared, single_index_gd_search, single_index_gd_local, single_index_gd_recovery,
    single_index_gd_separation, single_index_gd_descent;

#endif
