// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/yaml/yamlbuilder.h"

#include "connectors/yaml/yamlscalar.h"

#include <algorithm>
#include <utility>

namespace muster::yaml {

using Json = nlohmann::json;

Builder::Builder(const Limits &limits)
    : m_limits(limits)
{
}

void Builder::OnDocumentStart(const YAML::Mark &mark)
{
    if (m_spent.nodes > 0)
        throw Refused{mark, "a second document begins here; one was expected"};
}

void Builder::OnNull(const YAML::Mark &mark, YAML::anchor_t anchor)
{
    OnScalar(mark, "?", anchor, {});
}

void Builder::OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor, const std::string &value)
{
    pay(mark, 1, value.size());
    if (anchor != 0)
        remember(mark, anchor, scalar(tag, value), {1, value.size(), 0});
    if (takesKey())
        setKey(mark, value, tag == "?");
    else
        add(mark, scalar(tag, value), 0);
}

void Builder::OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor)
{
    if (m_unfinished.contains(anchor))
        throw Refused{mark, "this alias stands inside what it names, so it would have no end"};
    const auto it = m_anchors.find(anchor);
    if (it == m_anchors.end())
        throw Refused{mark, "this alias names no anchor"};
    const auto &[value, cost] = it->second;
    if (m_open.size() + cost.depth > m_limits.depth)
        throw Refused{mark, "nested deeper than " + std::to_string(m_limits.depth) + " levels by this alias"};
    pay(mark, cost.nodes, cost.bytes);
    if (!takesKey())
        add(mark, value, cost.depth);
    else if (value.is_string())
        setKey(mark, value.get<std::string>(), false);
    else
        throw Refused{mark, "a key must be a text"};
}

void Builder::OnSequenceStart(const YAML::Mark &mark, const std::string & /*tag*/, YAML::anchor_t anchor, YAML::EmitterStyle::value /*style*/)
{
    open(mark, anchor, Json::array());
}

void Builder::OnMapStart(const YAML::Mark &mark, const std::string & /*tag*/, YAML::anchor_t anchor, YAML::EmitterStyle::value /*style*/)
{
    open(mark, anchor, Json::object());
}

void Builder::pay(const YAML::Mark &mark, std::size_t nodes, std::size_t bytes)
{
    m_spent.nodes += nodes;
    m_spent.bytes += bytes;
    if (m_spent.nodes > m_limits.nodes)
        throw Refused{mark, "more than " + std::to_string(m_limits.nodes) + " values, counted with those that aliases repeat"};
    if (m_spent.bytes > m_limits.made)
        throw Refused{mark, "more than " + std::to_string(m_limits.made) + " bytes of text, counted with those that aliases repeat"};
}

void Builder::open(const YAML::Mark &mark, YAML::anchor_t anchor, Json value)
{
    if (takesKey())
        throw Refused{mark, "a key must be a text, not a list or a map"};
    if (m_open.size() >= m_limits.depth)
        throw Refused{mark, "nested deeper than " + std::to_string(m_limits.depth) + " levels"};
    Open level;
    level.value = std::move(value);
    level.anchor = anchor;
    level.mark = mark;
    level.before = m_spent;
    pay(mark, 1, 0);
    if (anchor != 0)
        m_unfinished.insert(anchor);
    m_open.push_back(std::move(level));
}

void Builder::close()
{
    Open level = std::move(m_open.back());
    m_open.pop_back();
    if (level.hasMerge)
        merge(level);
    const auto depth = level.deepest + 1;
    if (level.anchor != 0) {
        m_unfinished.erase(level.anchor);
        remember(level.mark, level.anchor, level.value, {m_spent.nodes - level.before.nodes, m_spent.bytes - level.before.bytes, depth});
    }
    add(level.mark, std::move(level.value), depth);
}

bool Builder::takesKey() const
{
    return !m_open.empty() && m_open.back().value.is_object() && !m_open.back().hasKey;
}

void Builder::setKey(const YAML::Mark &mark, const std::string &text, bool isPlain)
{
    auto &map = m_open.back();
    map.isMerging = isPlain && text == "<<";
    if (map.isMerging ? map.hasMerge : map.value.contains(text))
        throw Refused{mark, "this key stands twice in one map"};
    map.hasKey = true;
    map.key = text;
    map.hasMerge = map.hasMerge || map.isMerging;
}

void Builder::add(const YAML::Mark &mark, Json value, std::size_t depth)
{
    if (m_open.empty()) {
        m_root = std::move(value);
        return;
    }
    auto &level = m_open.back();
    level.deepest = std::max(level.deepest, depth);
    if (level.value.is_array()) {
        level.value.push_back(std::move(value));
        return;
    }
    level.hasKey = false;
    if (!level.isMerging) {
        level.value[level.key] = std::move(value);
        return;
    }
    const bool isList = value.is_array() && std::ranges::all_of(value, [](const Json &item) { return item.is_object(); });
    if (!value.is_object() && !isList)
        throw Refused{mark, "“<<” wants a map or a list of maps"};
    level.merged = std::move(value);
}

void Builder::remember(const YAML::Mark &mark, YAML::anchor_t anchor, const Json &value, const Cost &cost)
{
    pay(mark, cost.nodes, cost.bytes); // the copy is memory too
    m_anchors[anchor] = {value, cost};
}

void Builder::merge(Open &map)
{
    if (map.merged.is_object())
        mergeOne(map, map.merged);
    else
        for (const auto &from : map.merged)
            mergeOne(map, from);
}

/// Keys that the map has itself win, and earlier maps of a list win over later ones.
void Builder::mergeOne(Open &map, const Json &from)
{
    for (const auto &[key, value] : from.items()) {
        if (!map.value.contains(key))
            map.value[key] = value;
    }
}

} // namespace muster::yaml
