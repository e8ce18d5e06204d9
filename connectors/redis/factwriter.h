// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbatch.h"

#include <optional>
#include <string>
#include <utility>

namespace muster::redis {

/// Adds facts of one kind to a batch. A value that is not there becomes an unknown with one common reason, so that the code which
/// computes facts needs no branch for servers that do not say something.
class FactWriter {
public:
    FactWriter(FactBatch &batch, Millis budget, Unknown missing) : m_batch(batch), m_budget(budget), m_missing(std::move(missing)) {}

    template<class T>
    void add(std::string name, const std::optional<T> &value, std::string unit, std::string raw = {})
    {
        m_batch.add(std::move(name), value ? Value(*value) : Value(m_missing), std::move(unit), m_budget, std::move(raw));
    }
    void add(std::string name, Value value, std::string unit, std::string raw = {})
    {
        m_batch.add(std::move(name), std::move(value), std::move(unit), m_budget, std::move(raw));
    }
    [[nodiscard]] const Unknown &missing() const { return m_missing; }

private:
    FactBatch &m_batch;
    Millis m_budget;
    Unknown m_missing;
};

} // namespace muster::redis
