// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/actionfactory.h"
#include "ui/dialogs/sheet.h"

class QComboBox;
class QLineEdit;
class QRadioButton;
class QSpinBox;

namespace muster {

class PrimaryButton;

/// Which keys: by literal prefix, by pattern, a database, or all. Leads to the plan; deletes nothing by itself.
class FlushDialog : public Sheet
{
    Q_OBJECT
public:
    FlushDialog(const EnvironmentInfo &environment, const QString &instance, QWidget *parent);

    /// Fills in a literal prefix; "" leaves the form as it is.
    void setPrefix(const QString &prefix);
    [[nodiscard]] FlushRequest request() const;

Q_SIGNALS:
    void requested(const muster::FlushRequest &request);

private:
    void build();
    void offerPrefixes();
    void refresh();

    const EnvironmentInfo &m_environment;
    QComboBox *m_instance;
    QRadioButton *m_byPrefix;
    QRadioButton *m_byGlob;
    QRadioButton *m_byDatabase;
    QRadioButton *m_all;
    QComboBox *m_prefix;
    QLineEdit *m_glob;
    QSpinBox *m_database;
    QSpinBox *m_latency;
    QSpinBox *m_stage;
    QSpinBox *m_hits;
    PrimaryButton *m_count;
    PrimaryButton *m_plan;
};

} // namespace muster
