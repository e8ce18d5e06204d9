// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "app/environment/jsonreader.h"

namespace muster::environment {

/// One entry of "facts".
void readCustomFact(Environment &env, ObjectReader &reader);
/// Names are one's own, and their sources are declared.
void checkCustomFacts(const Environment &env, Report &report);

} // namespace muster::environment
