// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"
#include "models/presenters/seriesbook.h"

#include <QString>
#include <QWidget>

#include <memory>
#include <set>
#include <string>

namespace muster {

/// One page of the window. Made when it is first shown, told of news only while it is visible.
class Page : public QWidget
{
    Q_OBJECT
public:
    Page(std::string key, const QString &title, Session &session, SeriesBook &series, QWidget *parent);

    [[nodiscard]] const std::string &key() const { return m_key; }
    [[nodiscard]] const QString &title() const { return m_title; }
    /// The sources that this page wants fast: asked by the window when the page is shown.
    [[nodiscard]] virtual std::set<std::string> subscriptions(const Snapshot &snapshot) const = 0;
    /// Shows the session's latest, when it is new to this page.
    void refresh();
    /// Selects a check, gate or fact ("source\x1ffact"); false when the page does not have it.
    virtual bool reveal(const QString &what) = 0;

Q_SIGNALS:
    /// The operator wants an action: "backup", "verify", "flush", "mail-test" on an instance.
    void stepRequested(const QString &action, const QString &instance);
    /// The operator wants the sheet of a run that is on its way.
    void runRequested(muster::ActionRun *run);
    /// subscriptions() says something else now.
    void subscriptionsChanged();

protected:
    virtual void display(const Snapshot &snapshot, const Assessment &assessment) = 0;

    [[nodiscard]] Session &session() const { return m_session; }
    [[nodiscard]] SeriesBook &series() const { return m_series; }

private:
    std::string m_key;
    QString m_title;
    Session &m_session;
    SeriesBook &m_series;
    std::shared_ptr<const Snapshot> m_shown; ///< keeps the last one, so that its address is not used again
};

} // namespace muster
