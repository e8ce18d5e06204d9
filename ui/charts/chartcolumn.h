// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/presenters/pagespec.h"

#include <QWidget>

#include <map>
#include <string>
#include <vector>

namespace muster {

class SeriesBook;
class TimeSeriesChart;

/// The charts of a page under each other, with one switch for the span of all.
class ChartColumn : public QWidget
{
    Q_OBJECT
public:
    ChartColumn(const PageSpec &spec, SeriesBook &series, QWidget *parent = nullptr);

    void refresh(const std::string &source, const Snapshot &snapshot);

private:
    void setSpan(qint64 span);
    void draw(TimeSeriesChart &chart, const PageSpec::Chart &spec);
    void showOwn(const Snapshot &snapshot);
    void drawOwn(TimeSeriesChart &chart, const std::string &series);

    const PageSpec &m_spec;
    SeriesBook &m_series;
    std::string m_source;
    qint64 m_now = 0;
    std::vector<TimeSeriesChart *> m_charts; ///< one a spec.charts entry
    std::map<std::string, TimeSeriesChart *> m_own; ///< by series: numbers of the environment's own
};

} // namespace muster
