// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/curlfault.h"
#include "connectors/http/httpclient.h"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

/// For httpclient.cpp only.
namespace muster::http {

struct EasyCloser {
    void operator()(CURL *handle) const { curl_easy_cleanup(handle); }
};

/// curl's string lists, freed at the end of the transfer.
class List {
public:
    List() = default;
    ~List() { curl_slist_free_all(m_list); }
    void add(const std::string &line) { m_list = curl_slist_append(m_list, line.c_str()); }
    [[nodiscard]] curl_slist *get() const { return m_list; }
    List(const List &) = delete;
    List &operator=(const List &) = delete;

private:
    curl_slist *m_list = nullptr;
};

/// One request on its way: options in, headers and body collected under their caps.
class Transfer {
public:
    Transfer(const Request &request, const HttpClient::Options &options, const std::string &bearer, bool isVerifying);
    [[nodiscard]] std::expected<Response, Fault> run(CURLM *multi, Deadline deadline, net::Interrupter &interrupter);

private:
    const Request &m_request;
    const HttpClient::Options &m_options;
    bool m_isVerifying;
    std::unique_ptr<CURL, EasyCloser> m_easy;
    List m_headers;
    List m_connectTo;
    std::array<char, CURL_ERROR_SIZE> m_error{};
    Response m_response;
    std::size_t m_headerBytes = 0;
    bool m_isHandshaking = false; ///< curl dates a TLS connection's TCP part only after the handshake
    bool m_isHeaderTooLarge = false;
    bool m_isBodyTooLarge = false;

    template<class T>
    void set(CURLoption option, T value) { curl_easy_setopt(m_easy.get(), option, value); }
    void setTarget();
    void setLimits();
    void setTls();
    void setMethod();
    void setHeaders(const std::string &bearer);
    void read();
    [[nodiscard]] std::string toldSize() const;
    [[nodiscard]] Fault fault(CURLcode code) const;
    [[nodiscard]] Reached reached() const;
    static CURLcode onHandshake(CURL *easy, void *context, void *self);
    static std::size_t onHeader(char *data, std::size_t size, std::size_t count, void *self);
    static std::size_t onBody(char *data, std::size_t size, std::size_t count, void *self);
};

} // namespace muster::http
