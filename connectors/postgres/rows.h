// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::postgres {

/// A query's answer as text. NULL is nullopt. Every text came from the server: data, never markup.
struct Rows {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows; ///< each as wide as `columns`

    [[nodiscard]] std::size_t size() const { return rows.size(); }
    [[nodiscard]] bool isEmpty() const { return rows.empty(); }
    /// nullopt for NULL, for a column that this server's version does not have, and for a row that is not there.
    [[nodiscard]] std::optional<std::string> cell(std::size_t row, std::string_view column) const;
    [[nodiscard]] std::string text(std::size_t row, std::string_view column) const; ///< "" for NULL
    [[nodiscard]] std::optional<double> number(std::size_t row,
                                               std::string_view column) const; ///< nullopt also when it is no finite number
    [[nodiscard]] std::optional<bool> truth(std::size_t row, std::string_view column) const; ///< t / f, on / off
};

} // namespace muster::postgres
