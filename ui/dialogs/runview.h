// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/actionrun.h"

#include <QWidget>

class QPlainTextEdit;
class QProgressBar;

namespace muster {

class DataTable;
class Label;
class StateIcon;

/// A run on its way: phase, honest totals, the log.
class ProgressView : public QWidget
{
    Q_OBJECT
public:
    explicit ProgressView(QWidget *parent = nullptr);

    void show(const ActionRun &run);
    using QWidget::show;

private:
    Label *m_phase;
    QProgressBar *m_bar;
    Label *m_elapsed;
    QPlainTextEdit *m_log;
    std::size_t m_logged = 0;
    std::string m_lastLogged;
};

/// How a run ended: outcome in words, details, how to find out, transcript.
class OutcomeView : public QWidget
{
    Q_OBJECT
public:
    explicit OutcomeView(QWidget *parent = nullptr);

    void show(const Outcome &outcome, const std::string &action);
    using QWidget::show;

private:
    StateIcon *m_icon;
    Label *m_title;
    Label *m_summary;
    Label *m_howToFindOut;
    DataTable *m_details;
    QPlainTextEdit *m_transcript;
};

} // namespace muster
