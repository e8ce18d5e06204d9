// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"

#include <QApplication>
#include <QTest>

#include <cmath>

using namespace muster;

class TestTheme : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyTextReachesFourPointFive_data();
    void everyTextReachesFourPointFive();
    void switchesAndFindsTheSystemAgain();
    void statesDifferByIcon();
    void iconsAreTinted();
};

namespace {

double linear(double channel)
{
    return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor &color)
{
    return 0.2126 * linear(double(color.redF())) + 0.7152 * linear(double(color.greenF())) + 0.0722 * linear(double(color.blueF()));
}

double contrast(const QColor &a, const QColor &b)
{
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

} // namespace

void TestTheme::everyTextReachesFourPointFive_data()
{
    QTest::addColumn<QColor>("text");
    QTest::addColumn<QColor>("ground");
    for (const auto &[name, colors] : {std::pair{"light", theme::light()}, {"dark", theme::dark()}}) {
        const std::pair<const char *, QColor> texts[] = {{"text", colors.text}, {"quiet", colors.quiet}, {"fail", colors.fail}, {"warn", colors.warn}, {"ok", colors.ok}};
        const std::pair<const char *, QColor> grounds[] = {{"window", colors.window}, {"panel", colors.panel}, {"side", colors.side}, {"selection", colors.selection}};
        for (const auto &[text, textColor] : texts) {
            for (const auto &[ground, groundColor] : grounds)
                QTest::addRow("%s %s on %s", name, text, ground) << textColor << groundColor;
        }
        QTest::addRow("%s accent button", name) << colors.onAccent << colors.accent;
        QTest::addRow("%s accent on panel", name) << colors.accent << colors.panel;
    }
}

void TestTheme::everyTextReachesFourPointFive()
{
    QFETCH(QColor, text);
    QFETCH(QColor, ground);
    QVERIFY2(contrast(text, ground) >= 4.5, qPrintable(QString::number(contrast(text, ground))));
}

void TestTheme::switchesAndFindsTheSystemAgain()
{
    theme::apply(*qApp, theme::Scheme::System);
    const bool wasDark = theme::isDark(QApplication::palette());
    theme::apply(*qApp, theme::Scheme::Dark);
    QCOMPARE(QApplication::palette().color(QPalette::Window), theme::dark().window);
    theme::apply(*qApp, theme::Scheme::Light);
    QCOMPARE(QApplication::palette().color(QPalette::Window), theme::light().window);
    theme::apply(*qApp, theme::Scheme::System);
    QCOMPARE(theme::isDark(QApplication::palette()), wasDark);
}

void TestTheme::statesDifferByIcon()
{
    QSet<QString> names;
    for (int i = 0; i <= int(CheckStatus::Waived); ++i) {
        const QString name = theme::iconName(CheckStatus(i));
        QVERIFY2(QFile::exists(QStringLiteral(":/icons/%1.svg").arg(name)), qPrintable(name));
        names.insert(name);
    }
    QCOMPARE(names.size(), int(CheckStatus::Waived) + 1);
}

void TestTheme::iconsAreTinted()
{
    const QImage image = theme::tinted(QStringLiteral("warn"), Qt::red, 16, 2).toImage();
    QCOMPARE(image.width(), 32);
    QCOMPARE(image.pixelColor(16, 22), QColor(Qt::red));
    QCOMPARE(image.pixelColor(0, 0).alpha(), 0);
}

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
