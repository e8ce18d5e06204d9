// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/documentedpaths.h"
#include "connectors/net/stream.h"
#include "models/ports/secret.h"

#include <memory>
#include <string>
#include <vector>

namespace muster::http {

/// One declared endpoint, as the environment file says it. Paths start with "/".
struct Target {
    std::string id;                     ///< "http/api"
    std::string url;                    ///< "https://api.shop.example"
    std::string plain;                  ///< plain-HTTP address that must lead to https; "" = http://host/
    net::TlsOptions tls;
    SecretProvider bearer;              ///< may be empty
    std::string health;                 ///< "" = none declared
    std::vector<std::string> api;       ///< none = "/"
    std::vector<std::string> assets;    ///< static files
    std::string openapi;                ///< "" = the usual places are tried
    std::vector<std::string> instances; ///< addresses of the single instances behind the balancer
    bool isCdnDeclared = false;
    std::shared_ptr<DocumentedPaths> documented{}; ///< where to leave the paths of the OpenAPI document; may be null
    std::string signOn{};               ///< path of a sign-on service's metadata; "" = none declared
};

} // namespace muster::http
