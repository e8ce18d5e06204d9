// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/waivedialog.h"

#include "models/format/text.h"
#include "models/presenters/waiver.h"
#include "ui/widgets/copybutton.h"
#include "ui/widgets/label.h"

#include <QDateEdit>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kMostLength = 200; // characters
constexpr int kDays = 90;        // a waiver ends; so long by default
}

WaiveDialog::WaiveDialog(const EnvironmentInfo &environment, const QString &check, QWidget *parent)
    : Sheet(environment, tr("Waive %1").arg(text::label(check.toStdString(), 100)), parent), m_check(check)
{
    setObjectName(QStringLiteral("waiveDialog"));
    build(environment);
    const auto refresh = [this] { m_snippet->setPlainText(snippet()); };
    connect(m_owner, &QLineEdit::textChanged, this, refresh);
    connect(m_reason, &QLineEdit::textChanged, this, refresh);
    connect(m_until, &QDateEdit::dateChanged, this, refresh);
    connect(&cancelButton(), &QPushButton::clicked, this, &QDialog::reject);
    refresh();
    m_owner->setFocus();
}

void WaiveDialog::build(const EnvironmentInfo &environment)
{
    auto *why = new Label(tr("A waived check is shown as waived and taken out of the score until the end date. Who decided it, and why, stands in the environment file, for everybody to see."),
                          theme::Type::Body, Label::Tone::Text, this);
    why->setWordWrap(true);
    m_owner = named(new QLineEdit(this), QStringLiteral("waiverOwner"), tr("Owner"));
    m_owner->setPlaceholderText(tr("who answers for it"));
    m_reason = named(new QLineEdit(this), QStringLiteral("waiverReason"), tr("Reason"));
    m_reason->setPlaceholderText(tr("why it is acceptable"));
    m_until = named(new QDateEdit(QDate::currentDate().addDays(kDays), this), QStringLiteral("waiverUntil"), tr("Last day"));
    m_until->setDisplayFormat(QStringLiteral("yyyy-MM-dd"));
    m_until->setMinimumDate(QDate::currentDate());
    for (QLineEdit *field : {m_owner, m_reason})
        field->setMaxLength(kMostLength);
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->addRow(tr("Owner"), m_owner);
    form->addRow(tr("Reason"), m_reason);
    form->addRow(tr("Last day"), m_until);
    m_snippet = named(new QPlainTextEdit(this), QStringLiteral("waiverSnippet"), tr("For the environment file"));
    m_snippet->setReadOnly(true);
    m_snippet->setTabChangesFocus(true);
    m_snippet->setFont(theme::font(theme::Type::Mono));
    m_snippet->setFixedHeight(5 * m_snippet->fontMetrics().lineSpacing());
    auto *where = new Label(tr("Paste it into %1 (add to the list where there is one), then open the environment again.").arg(text::label(environment.path.empty() ? "the environment file" : environment.path)),
                            theme::Type::Body, Label::Tone::Quiet, this);
    where->setWordWrap(true);
    content().addWidget(why);
    content().addLayout(form);
    content().addWidget(m_snippet);
    content().addWidget(where);
    content().addStretch(1);
    auto *copy = new CopyButton(QStringLiteral("copySnippet"), [this] { return snippet(); }, this);
    addButton(copy);
    cancelButton().setText(tr("Close"));
}

QString WaiveDialog::snippet() const
{
    return waiver::snippet(m_check, m_owner->text(), m_reason->text(), m_until->date());
}

} // namespace muster
