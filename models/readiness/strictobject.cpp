// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/strictobject.h"

#include <algorithm>
#include <numeric>

namespace muster {

namespace {

QString toQString(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

std::size_t editDistance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{ 0 });
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({ row[j] + 1, row[j - 1] + 1, changed });
        }
    }
    return row.back();
}

std::string number(double value)
{
    return QString::number(value, 'g', 12).toStdString();
}

} // namespace

std::string kindName(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Null:
        return "null";
    case QJsonValue::Bool:
        return "true or false";
    case QJsonValue::Double:
        return "a number";
    case QJsonValue::String:
        return "text";
    case QJsonValue::Array:
        return "a list";
    case QJsonValue::Object:
        return "an object";
    case QJsonValue::Undefined:
        break;
    }
    return "nothing";
}

std::string nearest(std::string_view name, std::span<const std::string_view> words)
{
    const auto head = name.substr(0, 64);
    std::string best;
    auto bestDistance = std::max<std::size_t>(2, head.size() / 2) + 1;
    for (const auto word : words) {
        const auto distance = editDistance(head, word);
        if (distance < bestDistance) {
            bestDistance = distance;
            best = word;
        }
    }
    return best;
}

StrictObject::StrictObject(const QJsonValue &value, std::string path, std::span<const std::string_view> known) : m_path(std::move(path))
{
    if (!value.isObject())
        throw JsonProblem(m_path, "expected an object, found " + kindName(value));
    m_object = value.toObject();
    for (const auto &key : m_object.keys()) {
        const auto name = key.toStdString();
        if (name.starts_with("x-") || std::ranges::find(known, std::string_view(name)) != known.end())
            continue;
        const auto near = nearest(name, known);
        throw JsonProblem(m_path + '.' + name,
                          near.empty() ? "this key is not known here" : "this key is not known here; did you mean \"" + near + "\"?");
    }
}

QJsonValue StrictObject::value(std::string_view key) const
{
    return m_object.value(toQString(key));
}

std::string StrictObject::at(std::string_view key) const
{
    return m_path + '.' + std::string(key);
}

std::string StrictObject::text(std::string_view key) const
{
    const auto found = value(key);
    if (!found.isString())
        throw JsonProblem(at(key), "expected text, found " + kindName(found));
    if (found.toString().isEmpty())
        throw JsonProblem(at(key), "expected text, found an empty one");
    return found.toString().toStdString();
}

std::string StrictObject::textOr(std::string_view key, std::string fallback) const
{
    const auto found = value(key);
    if (found.isUndefined())
        return fallback;
    if (!found.isString())
        throw JsonProblem(at(key), "expected text, found " + kindName(found));
    return found.toString().toStdString();
}

std::string StrictObject::oneOf(std::string_view key, std::initializer_list<std::string_view> words) const
{
    const auto word = textOr(key, {});
    if (std::ranges::find(words, std::string_view(word)) != words.end())
        return word;
    std::string list;
    for (const auto each : words)
        list += (list.empty() ? "\"" : ", \"") + std::string(each) + '"';
    throw JsonProblem(at(key), "expected one of " + list + ", found " + (has(key) ? '"' + word + '"' : std::string("nothing")));
}

double StrictObject::number(std::string_view key, double low, double high) const
{
    const auto found = value(key);
    const auto expected = "expected a number from " + muster::number(low) + " to " + muster::number(high);
    if (!found.isDouble())
        throw JsonProblem(at(key), expected + ", found " + kindName(found));
    if (found.toDouble() < low || found.toDouble() > high)
        throw JsonProblem(at(key), expected + ", found " + muster::number(found.toDouble()));
    return found.toDouble();
}

bool StrictObject::truthOr(std::string_view key, bool fallback) const
{
    const auto found = value(key);
    if (found.isUndefined())
        return fallback;
    if (!found.isBool())
        throw JsonProblem(at(key), "expected true or false, found " + kindName(found));
    return found.toBool();
}

std::vector<std::string> StrictObject::texts(std::string_view key) const
{
    std::vector<std::string> result;
    if (!has(key))
        return result;
    const auto items = array(key);
    for (qsizetype i = 0; i < items.size(); ++i) {
        if (!items[i].isString())
            throw JsonProblem(at(key) + '[' + std::to_string(i) + ']', "expected text, found " + kindName(items[i]));
        result.push_back(items[i].toString().toStdString());
    }
    return result;
}

QJsonArray StrictObject::array(std::string_view key) const
{
    const auto found = value(key);
    if (!found.isArray())
        throw JsonProblem(at(key), "expected a list, found " + kindName(found));
    return found.toArray();
}

} // namespace muster
