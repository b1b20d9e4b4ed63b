// Manifests: what was loaded, as a preview takes it.
//
// Who calls: diff and graph, for files and for a cluster (loaded with Interest::whole). Later objects of one
// name replace earlier ones, as everywhere.
//
//   std::vector<reconcilers::preview::Manifest> base = ManifestsOf(offline->loaded, offline->ns);
#pragma once

#include <string>
#include <vector>

#include "cli/load.h"
#include "crds/base/labels.h"
#include "reconcilers/preview/manifest.h"

namespace fairlead::cli {

std::vector<reconcilers::preview::Manifest> ManifestsOf(const Loaded& loaded,
                                                        const std::string& default_namespace);

// "app=web,tier!=data,!legacy,team"; as kubectl's -l, without sets.
Result<LabelSelector> ParseSelector(const std::string& text);

}  // namespace fairlead::cli
