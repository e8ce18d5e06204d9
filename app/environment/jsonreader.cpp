// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/jsonreader.h"

#include <QUrl>
#include <QUrlQuery>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <numeric>

namespace muster::environment {

namespace {

std::string quote(std::string_view text)
{
    return "“" + std::string(text) + "”";
}

std::string found(const Json &json)
{
    return std::string("found ") + (json.is_string() ? "the text " + quote(clamp(json.get<std::string>(), 60)) : std::string(json.type_name()));
}

template<class Words>
std::string listed(const Words &words)
{
    std::string result;
    for (const auto &word : words)
        result += (result.empty() ? "" : ", ") + quote(word);
    return result;
}

std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto cost = diagonal + (std::tolower(static_cast<unsigned char>(a[i - 1])) == std::tolower(static_cast<unsigned char>(b[j - 1])) ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, cost});
        }
    }
    return row.back();
}

const char *const kSecretAdvice = R"(name where it is kept: {"env": "VARIABLE"}, {"file": "path, mode 0600"}, {"keyring": "service/key"} or {"command": ["program", "argument"]})";

} // namespace

std::string nearest(const std::string &word, const std::vector<std::string> &known)
{
    std::string best;
    std::size_t bestDistance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto &candidate : known) {
        if (const auto d = distance(word, candidate); d < bestDistance) {
            best = candidate;
            bestDistance = d;
        }
    }
    return best;
}

ObjectReader::ObjectReader(const Json &json, std::string where, Report &report)
    : m_json(json)
    , m_where(std::move(where))
    , m_report(report)
{
}

ObjectReader::~ObjectReader()
{
    for (const auto &[key, value] : m_json.items()) {
        if (key.starts_with("x-") || std::ranges::find(m_known, key) != m_known.end())
            continue;
        const auto near = nearest(key, m_known);
        m_report.add(at(key.c_str()), "unknown key" + (near.empty() ? "; known here: " + listed(m_known) : "; did you mean " + quote(near) + "?"));
    }
}

bool ObjectReader::has(const char *key) const
{
    return m_json.contains(key) && !m_json[key].is_null();
}

std::string ObjectReader::at(const char *key) const
{
    return m_where.empty() ? std::string(key) : m_where + "." + key;
}

void ObjectReader::problem(const char *key, const std::string &message)
{
    m_report.add(at(key), message);
}

const Json *ObjectReader::take(const char *key, bool isRequired)
{
    m_known.emplace_back(key);
    const auto it = m_json.find(key);
    if (it != m_json.end() && !it->is_null())
        return &*it;
    if (isRequired)
        problem(key, "is missing");
    return nullptr;
}

const Json *ObjectReader::takeAs(const char *key, bool isRequired, Json::value_t type, const char *expected)
{
    const auto *value = take(key, isRequired);
    if (!value || value->type() == type)
        return value;
    problem(key, std::string("expected ") + expected + ", " + found(*value));
    return nullptr;
}

std::string ObjectReader::text(const char *key, bool isRequired)
{
    const auto *value = takeAs(key, isRequired, Json::value_t::string, "a text");
    if (!value)
        return {};
    auto result = value->get<std::string>();
    if (isRequired && result.empty())
        problem(key, "must not be empty");
    if (std::ranges::any_of(result, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        problem(key, "must not contain control characters");
    return result;
}

std::string ObjectReader::choice(const char *key, std::initializer_list<std::string_view> choices, std::string fallback, bool isRequired)
{
    const auto value = text(key, isRequired);
    if (value.empty())
        return fallback;
    if (std::ranges::find(choices, value) == choices.end())
        problem(key, "expected one of " + listed(choices) + ", found " + quote(clamp(value, 60)));
    return value;
}

std::vector<std::string> ObjectReader::texts(const char *key)
{
    std::vector<std::string> result;
    const auto *value = takeAs(key, false, Json::value_t::array, "a list of texts");
    for (std::size_t i = 0; value && i < value->size(); ++i) {
        const auto &item = (*value)[i];
        if (item.is_string() && !item.get<std::string>().empty())
            result.push_back(item.get<std::string>());
        else
            m_report.add(at(key) + "[" + std::to_string(i) + "]", "expected a text, " + found(item));
    }
    return result;
}

double ObjectReader::number(const char *key, double fallback, double min, double max)
{
    const auto *value = take(key, false);
    if (!value)
        return fallback;
    if (value->is_number() && value->get<double>() >= min && value->get<double>() <= max)
        return value->get<double>();
    problem(key, "expected a number from " + Json(min).dump() + " to " + Json(max).dump() + ", " + (value->is_number() ? "found " + value->dump() : found(*value)));
    return fallback;
}

int ObjectReader::integer(const char *key, int fallback, int min, int max)
{
    const auto *value = take(key, false);
    if (!value)
        return fallback;
    if (value->is_number_integer() && value->get<std::int64_t>() >= min && value->get<std::int64_t>() <= max)
        return value->get<int>();
    problem(key, "expected a whole number from " + std::to_string(min) + " to " + std::to_string(max) + ", "
                     + (value->is_number() ? "found " + value->dump() : found(*value)));
    return fallback;
}

std::optional<bool> ObjectReader::truth(const char *key)
{
    const auto *value = takeAs(key, false, Json::value_t::boolean, "true or false");
    return value ? std::optional(value->get<bool>()) : std::nullopt;
}

Millis ObjectReader::duration(const char *key, Millis fallback, bool isRequired)
{
    static const std::vector<std::pair<std::string_view, std::int64_t>> units{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}};
    const auto value = text(key, isRequired);
    if (value.empty())
        return fallback;
    double amount = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), amount);
    const std::string_view unit(end, static_cast<std::size_t>(value.data() + value.size() - end));
    const auto it = std::ranges::find(units, unit, &std::pair<std::string_view, std::int64_t>::first);
    if (error != std::errc{} || it == units.end() || amount <= 0 || amount > 1e6) {
        problem(key, "expected a duration such as \"26h\", \"30s\", \"500ms\" or \"90d\", found " + quote(clamp(value, 60)));
        return fallback;
    }
    return Millis(static_cast<std::int64_t>(amount * static_cast<double>(it->second)));
}

std::string ObjectReader::resolved(const std::string &path) const
{
    namespace fs = std::filesystem;
    const char *home = std::getenv("HOME");
    if (home && (path == "~" || path.starts_with("~/")))
        return home + path.substr(1);
    return (fs::path(m_report.folder) / path).lexically_normal().string();
}

std::string ObjectReader::path(const char *key, bool isRequired)
{
    const auto value = text(key, isRequired);
    return value.empty() ? value : resolved(value);
}

std::string ObjectReader::name(const char *key)
{
    const auto value = text(key, true);
    const bool isGood = value.size() <= 64 && !value.starts_with('-') && !value.starts_with('.')
        && std::ranges::all_of(value, [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; });
    if (!isGood)
        problem(key, "expected at most 64 letters, digits, “.”, “_” or “-”, starting with a letter or digit, found " + quote(clamp(value, 80)));
    return value;
}

Address ObjectReader::address(const char *key, std::initializer_list<std::pair<std::string_view, std::uint16_t>> schemes)
{
    Address result;
    result.url = text(key, true);
    if (result.url.empty())
        return result;
    std::vector<std::string_view> names;
    for (const auto &scheme : schemes)
        names.push_back(scheme.first);
    const auto url = QUrl(QString::fromStdString(result.url), QUrl::StrictMode);
    result.scheme = url.scheme().toStdString();
    const auto known = std::ranges::find(schemes, result.scheme, &std::pair<std::string_view, std::uint16_t>::first);
    const bool isNamedElsewhere = result.scheme.starts_with("postgres") && QUrlQuery(url).hasQueryItem(QStringLiteral("service"));
    // libpq's socket: postgresql://oncall@/shop?host=/var/run/postgresql
    const auto socket = QUrlQuery(url).queryItemValue(QStringLiteral("host"), QUrl::FullyDecoded).toStdString();
    const bool isSocket = result.scheme.starts_with("postgres") && url.host().isEmpty() && socket.starts_with('/');
    if (!url.isValid() || (url.host().isEmpty() && !isNamedElsewhere && !isSocket) || known == schemes.end()) {
        problem(key, "expected a URL with scheme " + listed(names) + " and a host, found " + quote(clamp(url.isValid() ? url.toDisplayString().toStdString() : "something else", 120)));
        return result;
    }
    if (!url.password().isEmpty() || url.query().contains(QLatin1String("password="))) {
        problem(key, std::string("a literal password in the URL is refused; take it out and ") + kSecretAdvice);
        result.url.clear();
        return result;
    }
    result.user = url.userName(QUrl::FullyDecoded).toStdString();
    result.host = isNamedElsewhere ? "service " + QUrlQuery(url).queryItemValue(QStringLiteral("service")).toStdString() : isSocket ? socket : url.host(QUrl::FullyDecoded).toStdString();
    result.port = static_cast<std::uint16_t>(url.port(known->second));
    result.path = url.path(QUrl::FullyDecoded).toStdString();
    return result;
}

SecretRef ObjectReader::secret(const char *key)
{
    const auto *value = take(key, false);
    if (!value)
        return {};
    if (!value->is_object() || value->size() != 1) {
        problem(key, (value->is_string() ? "a literal password is refused; " : "expected where the secret is kept; ") + std::string(kSecretAdvice));
        return {};
    }
    ObjectReader reader(*value, at(key), m_report);
    SecretRef ref;
    if (const auto env = reader.text("env"); !env.empty())
        ref = {SecretRef::Kind::Env, env, {}};
    if (const auto file = reader.path("file"); !file.empty())
        ref = {SecretRef::Kind::File, file, {}};
    if (const auto keyring = reader.text("keyring"); !keyring.empty())
        ref = {SecretRef::Kind::Keyring, keyring, {}};
    if (const auto command = reader.texts("command"); !command.empty()) {
        if (!command.front().starts_with('/'))
            reader.problem("command", "expected the program's absolute path first, found " + quote(clamp(command.front(), 60)));
        ref = {SecretRef::Kind::Command, command.front(), command};
    }
    return ref;
}

Tls ObjectReader::tls()
{
    Tls result;
    result.ca = path("ca");
    result.clientCert = path("clientCert");
    result.clientKey = path("clientKey");
    result.verifyName = text("verifyName");
    result.pins = texts("pins");
    if (result.clientCert.empty() != result.clientKey.empty())
        problem(result.clientCert.empty() ? "clientCert" : "clientKey", "is missing: a client certificate needs its key, and a key its certificate");
    return result;
}

std::chrono::sys_days ObjectReader::day(const char *key)
{
    const auto value = text(key, true);
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    const auto part = [&](std::size_t from, std::size_t length, auto &number) {
        const auto *end = value.data() + from + length;
        const auto result = std::from_chars(value.data() + from, end, number);
        return result.ec == std::errc{} && result.ptr == end;
    };
    const bool isShaped = value.size() == 10 && value[4] == '-' && value[7] == '-' && part(0, 4, year) && part(5, 2, month) && part(8, 2, day);
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!isShaped || !date.ok()) {
        if (!value.empty())
            problem(key, "expected a date such as \"2027-03-31\", found " + quote(clamp(value, 40)));
        return {};
    }
    return date;
}

void ObjectReader::object(const char *key, const std::function<void(ObjectReader &)> &read)
{
    if (const auto *value = takeAs(key, false, Json::value_t::object, "an object")) {
        ObjectReader reader(*value, at(key), m_report);
        read(reader);
    }
}

void ObjectReader::objects(const char *key, const std::function<void(ObjectReader &)> &read)
{
    const auto *value = takeAs(key, false, Json::value_t::array, "a list of objects");
    for (std::size_t i = 0; value && i < value->size(); ++i) {
        const auto where = at(key) + "[" + std::to_string(i) + "]";
        if (!(*value)[i].is_object()) {
            m_report.add(where, "expected an object, " + found((*value)[i]));
            continue;
        }
        ObjectReader reader((*value)[i], where, m_report);
        read(reader);
    }
}

} // namespace muster::environment
