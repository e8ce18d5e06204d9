// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/maildialog.h"

#include "models/format/text.h"
#include "ui/widgets/factgrid.h"
#include "ui/widgets/label.h"
#include "ui/widgets/primarybutton.h"

#include <QLineEdit>
#include <QVBoxLayout>

namespace muster {

MailDialog::MailDialog(const EnvironmentInfo &environment, QWidget *parent) : Sheet(environment, tr("Send a test mail"), parent)
{
    setObjectName(QStringLiteral("mailDialog"));
    auto *grid = new FactGrid(this);
    grid->show({{tr("Server"), text::label(environment.mail.address), {}}, {tr("From"), text::label(environment.mail.from), {}}, {tr("TLS"), text::label(environment.mail.tls), {}}});
    QStringList recipients;
    for (const std::string &to : environment.mail.to)
        recipients << text::label(to);
    m_to = named(new QLineEdit(recipients.join(QStringLiteral(", ")), this), QStringLiteral("recipients"), tr("Recipients, separated by commas"));
    m_to->setMaxLength(2000);
    content().addWidget(grid);
    content().addWidget(new Label(tr("To, separated by commas"), theme::Type::Strong, Label::Tone::Text, this));
    content().addWidget(m_to);
    content().addStretch(1);
    auto *plan = named(new PrimaryButton(tr("Show the plan…"), this), QStringLiteral("showPlan"), tr("Show the plan"));
    addButton(plan);
    const auto refresh = [this, plan] { plan->setEnabled(!request().to.empty()); };
    connect(m_to, &QLineEdit::textChanged, this, refresh);
    connect(&cancelButton(), &QPushButton::clicked, this, &QDialog::reject);
    connect(plan, &QPushButton::clicked, this, [this] {
        Q_EMIT requested(request());
        accept();
    });
    refresh();
}

MailTestRequest MailDialog::request() const
{
    MailTestRequest request;
    const QStringList recipients = m_to->text().split(QLatin1Char(','), Qt::SkipEmptyParts);
    for (const QString &to : recipients) {
        if (!to.trimmed().isEmpty())
            request.to.push_back(to.trimmed().toStdString());
    }
    return request;
}

} // namespace muster
