// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/readinesspresenter.h"

#include <QListWidget>

#include <string>

namespace muster {

/// The pages, each with how many findings it has and the worst of them.
class Navigation : public QListWidget
{
    Q_OBJECT
public:
    explicit Navigation(QWidget *parent = nullptr);

    void addPage(const std::string &key, const QString &title);
    void setBadge(int row, const readiness::Badge &badge);
    void select(const std::string &key);
    [[nodiscard]] QSize sizeHint() const override { return {168, 400}; }

    enum Role { KeyRole = Qt::UserRole + 1, CountRole, StatusRole };

Q_SIGNALS:
    void pageChosen(const std::string &key);

protected:
    void paintEvent(QPaintEvent *event) override;
};

} // namespace muster
