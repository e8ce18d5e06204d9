// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/yaml/yaml.h"

#include "connectors/yaml/yamlbuilder.h"
#include "models/facts/fact.h"

#include <QStringDecoder>

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <sstream>

namespace muster::yaml {

namespace {

constexpr std::size_t kMaxMessage = 200;

bool isUtf8(std::string_view text)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString decoded = decoder.decode(QByteArrayView(text.data(), static_cast<qsizetype>(text.size())));
    return !decoder.hasError() && !decoded.contains(QChar(u'\0'));
}

Error at(const YAML::Mark &mark, const std::string &message)
{
    return mark.is_null() ? Error{0, 0, clamp(message, kMaxMessage)} : Error{mark.line + 1, mark.column + 1, clamp(message, kMaxMessage)};
}

} // namespace

std::string Error::display() const
{
    return line > 0 ? "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + message : message;
}

std::expected<nlohmann::json, Error> parse(std::string_view text, const Limits &limits)
{
    if (text.size() > limits.bytes)
        return std::unexpected(Error{0, 0, "larger than " + std::to_string(limits.bytes) + " bytes"});
    if (!isUtf8(text))
        return std::unexpected(Error{0, 0, "not UTF-8 text"});
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        Builder builder(limits);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const Refused &refused) {
        return std::unexpected(at(refused.mark, refused.message));
    } catch (const YAML::Exception &broken) {
        return std::unexpected(at(broken.mark, broken.msg));
    } catch (const std::exception &) {
        return std::unexpected(Error{0, 0, "not readable as YAML"});
    }
}

} // namespace muster::yaml
