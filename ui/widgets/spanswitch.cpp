// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/spanswitch.h"

#include "ui/theme/theme.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QTabBar>

#include <array>

namespace muster {

namespace {
constexpr std::array<qint64, 3> kSpans{300'000, 3'600'000, 86'400'000}; // ms
}

qint64 SpanSwitch::milliseconds(Span span)
{
    return kSpans[std::size_t(span)];
}

SpanSwitch::SpanSwitch(QWidget *parent, Span initial)
    : SpanSwitch({{tr("5 min"), milliseconds(FiveMinutes)}, {tr("1 h"), milliseconds(Hour)}, {tr("24 h"), milliseconds(Day)}}, initial, parent)
{
}

SpanSwitch::SpanSwitch(const std::vector<Choice> &choices, int initial, QWidget *parent) : QWidget(parent)
{
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    auto *bar = named(new QTabBar(this), QStringLiteral("span"), tr("Time span of the charts"));
    bar->setDrawBase(false);
    bar->setExpanding(false);
    for (const Choice &choice : choices)
        bar->addTab(choice.name);
    bar->setCurrentIndex(initial);
    row->addWidget(bar);
    connect(bar, &QTabBar::currentChanged, this, [this, choices](int index) { Q_EMIT spanChanged(choices[std::size_t(index)].milliseconds); });
}

} // namespace muster
