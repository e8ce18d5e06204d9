// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/yaml/yaml.h"

#include <nlohmann/json.hpp>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace muster::yaml {

/// What the text breaks: a rule of this wrapper. Ends in parse().
struct Refused {
    YAML::Mark mark;
    std::string message;
};

/// Makes the value from the parser's events. Every value is paid for before it is made, so that an alias bomb ends at the limit and not in memory.
class Builder : public YAML::EventHandler
{
public:
    explicit Builder(const Limits &limits);

    [[nodiscard]] nlohmann::json take() { return std::move(m_root); }

    void OnDocumentStart(const YAML::Mark &mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor, const std::string &value) override;
    void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override;
    void OnMapEnd() override { close(); }

private:
    /// What a value costs: itself and all below it.
    struct Cost {
        std::size_t nodes = 0;
        std::size_t bytes = 0;
        std::size_t depth = 0; ///< levels of lists and maps
    };
    struct Anchored {
        nlohmann::json value;
        Cost cost;
    };
    /// A list or map that is not closed yet.
    struct Open {
        nlohmann::json value;
        YAML::anchor_t anchor = 0;
        YAML::Mark mark;
        Cost before;                        ///< what was spent when it began
        std::size_t deepest = 0;            ///< levels below this one
        bool hasKey = false;                ///< a key was read, its value comes next
        std::string key;
        bool isMerging = false;             ///< that key is "<<"
        bool hasMerge = false;
        nlohmann::json merged;              ///< the value of "<<": a map, or a list of maps
    };

    void pay(const YAML::Mark &mark, std::size_t nodes, std::size_t bytes);
    void open(const YAML::Mark &mark, YAML::anchor_t anchor, nlohmann::json value);
    void close();
    /// Where the next event belongs to: a key of the map on top (true, taken) or a value.
    [[nodiscard]] bool takesKey() const;
    void setKey(const YAML::Mark &mark, const std::string &text, bool isPlain);
    void add(const YAML::Mark &mark, nlohmann::json value, std::size_t depth);
    void remember(const YAML::Mark &mark, YAML::anchor_t anchor, const nlohmann::json &value, const Cost &cost);
    void merge(Open &map);
    void mergeOne(Open &map, const nlohmann::json &from);

    Limits m_limits;
    Cost m_spent; ///< its depth is not used
    std::vector<Open> m_open;
    std::map<YAML::anchor_t, Anchored> m_anchors;
    std::set<YAML::anchor_t> m_unfinished; ///< anchors of lists and maps that are not closed: an alias to one has no end
    nlohmann::json m_root;
};

} // namespace muster::yaml
