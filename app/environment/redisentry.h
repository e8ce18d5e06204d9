// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "app/environment/jsonreader.h"

namespace muster::environment {

/// One entry of "redis", with what its topology asks for.
void readRedis(Environment &env, ObjectReader &reader);

} // namespace muster::environment
