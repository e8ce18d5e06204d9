// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

/// Redis: windowed hit rate, operations, memory, prefixes; flush, also of exactly the selected prefix.
class CachePage : public SourcePage
{
    Q_OBJECT
public:
    CachePage(Session &session, SeriesBook &series, QWidget *parent);

protected:
    [[nodiscard]] Detail rowDetail(const PageSpec::TableSpec &spec, const Observed &observed, const QString &key) const override;
};

} // namespace muster
