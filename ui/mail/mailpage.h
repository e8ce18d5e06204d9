// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/source/sourcepage.h"

namespace muster {

class OutcomeView;

/// The mail server: readiness stage by stage, and the transcript of the last test mail.
class MailPage : public SourcePage
{
    Q_OBJECT
public:
    MailPage(Session &session, SeriesBook &series, QWidget *parent);

protected:
    void display(const Snapshot &snapshot, const Assessment &assessment) override;

private:
    void showLast();

    QWidget *m_last; ///< hidden until a test mail was tried
    Label *m_when;
    OutcomeView *m_outcome;
    WallTime m_shownAt{};
};

} // namespace muster
