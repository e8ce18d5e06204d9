// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/spfmacro.h"

#include <QTest>

using namespace muster::dns;

class TestSpfMacro : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cutsLabelsAtTheLeft();
    void cutsWhatHasNoLabels();
};

namespace {

std::string expanded(const std::string &text)
{
    return expandMacros(text, [](char) { return std::string("shop.example"); });
}

} // namespace

void TestSpfMacro::cutsLabelsAtTheLeft()
{
    const auto name = expanded(std::string(250, 'a') + ".b.%{d}");
    QCOMPARE(name, std::string("b.shop.example"));
}

/// 300 bytes without a dot, or before the last one: no name, and yet not handed on in its length.
void TestSpfMacro::cutsWhatHasNoLabels()
{
    QCOMPARE(expanded(std::string(300, 'a')).size(), std::size_t{253});
    QCOMPARE(expanded("a." + std::string(300, 'b')).size(), std::size_t{253});
}

QTEST_GUILESS_MAIN(TestSpfMacro)
#include "tst_spfmacro.moc"
