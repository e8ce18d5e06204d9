// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/factgrid.h"

#include "ui/widgets/label.h"

#include <QGridLayout>

namespace muster {

namespace {
constexpr int kLabelWidth = 112; // px
}

FactGrid::FactGrid(QWidget *parent) : QWidget(parent), m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(theme::kGrid);
    m_grid->setVerticalSpacing(6);
    m_grid->setColumnMinimumWidth(0, kLabelWidth);
    m_grid->setColumnStretch(1, 1);
}

void FactGrid::show(const std::vector<Detail::Line> &lines)
{
    if (lines == m_lines)
        return;
    m_lines = lines;
    while (m_pairs.size() < lines.size()) {
        const Pair pair{new Label(theme::Type::Body, Label::Tone::Quiet, this), new Label(theme::Type::Body, Label::Tone::Text, this)};
        for (Label *part : {pair.label, pair.value}) {
            part->setWordWrap(true);
            part->setAlignment(Qt::AlignTop | Qt::AlignLeft);
        }
        pair.label->setFixedWidth(kLabelWidth);
        pair.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        const int row = int(m_pairs.size());
        m_grid->addWidget(pair.label, row, 0);
        m_grid->addWidget(pair.value, row, 1);
        m_pairs.push_back(pair);
    }
    for (std::size_t i = 0; i < m_pairs.size(); ++i) {
        const bool isUsed = i < lines.size();
        m_pairs[i].label->setVisible(isUsed);
        m_pairs[i].value->setVisible(isUsed);
        if (!isUsed)
            continue;
        m_pairs[i].label->show(lines[i].label);
        m_pairs[i].value->show(lines[i].value);
        setTip(m_pairs[i].value, lines[i].tip);
    }
}

} // namespace muster
