// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/site.h"
#include "models/facts/customfact.h"

namespace muster::http {

/// One value of a JSON answer: GET of question[0] at the first address that answers, and what question[1], a JSON pointer (RFC 6901), names there.
[[nodiscard]] std::expected<CustomAnswer, Fault> askCustom(Site &site, const CustomFact &fact, Deadline deadline);

/// A number, a truth or a text is a value; an object of such is a table of names and values; everything else is unknown, with words.
[[nodiscard]] Value customValue(std::string_view body, const std::string &pointer, const std::string &unit);

} // namespace muster::http
