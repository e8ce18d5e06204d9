// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/actionfactory.h"
#include "ui/dialogs/sheet.h"

class QLineEdit;

namespace muster {

class PrimaryButton;

/// To whom the test mail goes. Leads to the plan; sends nothing by itself.
class MailDialog : public Sheet
{
    Q_OBJECT
public:
    MailDialog(const EnvironmentInfo &environment, QWidget *parent);

    [[nodiscard]] MailTestRequest request() const;

Q_SIGNALS:
    void requested(const muster::MailTestRequest &request);

private:
    QLineEdit *m_to;
};

} // namespace muster
