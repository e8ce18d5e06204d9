// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/customfact.h"
#include "models/readiness/readiness.h"

#include <string>
#include <vector>

namespace muster {

/// What the engine and the window need to know of an opened environment; no addresses with credentials, no secrets.
struct EnvironmentInfo {
    struct Declared {
        std::string id;      ///< "redis/cache"
        std::string kind;    ///< "redis"
        std::string name;    ///< "cache"
        std::string address; ///< "cache1:6379", for display
    };
    struct Cache {
        std::string name;
        std::string role; ///< "cache" | "store"
        std::vector<std::string> prefixes;
        int database = 0;
    };
    struct BackupSet {
        std::string name;
        std::string postgres;
        std::string directory;
        std::string driver;
        Millis window{0};
        int keep = 0;
    };
    struct Mail {
        bool isDeclared = false;
        std::string address;
        std::string from;
        std::vector<std::string> to;
        std::string tls;
    };

    std::string name;
    std::string kind; ///< "production" | "staging" | "development"
    std::string path; ///< of the file
    std::vector<Declared> sources;
    std::vector<Cache> caches;
    std::vector<BackupSet> backups;
    Mail mail;
    std::vector<readiness::Waiver> waivers;
    std::vector<CustomFact> facts; ///< of its own

    [[nodiscard]] bool isProduction() const { return kind == "production"; }
};

} // namespace muster
