// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/waivedialog.h"

#include "models/engine/session.h"
#include "models/format/text.h"
#include "ui/widgets/copybutton.h"
#include "ui/widgets/label.h"
#include "ui/widgets/primarybutton.h"

#include <QComboBox>
#include <QDateEdit>
#include <QDateTime>
#include <QFormLayout>
#include <QLineEdit>
#include <QVBoxLayout>

namespace muster {

namespace {

constexpr int kDays = 90; // a waiver ends; so long by default
constexpr int kTypable = 2000; // characters; more than may be, so that what was pasted is not cut in silence
constexpr int kCheckLetters = 48; // width of the list of checks

QDate today()
{
    return QDateTime::currentDateTimeUtc().date();
}

} // namespace

WaiveDialog::WaiveDialog(const Session &session, const QString &check, QWidget *parent) : Sheet(session.environment(), tr("Waive a check"), parent), m_session(session)
{
    setObjectName(QStringLiteral("waiveDialog"));
    build(session.environment());
    fillChecks(check);
    wire();
    takeUp();
    check.isEmpty() ? m_check->setFocus() : m_owner->setFocus();
}

void WaiveDialog::build(const EnvironmentInfo &environment)
{
    auto *why = new Label(tr("A waived check takes no part in the score until its last day is over; then it counts again. Who decided it, and why, stands in %1 for everybody to see. The file's comments and order stay.")
                              .arg(text::label(environment.path.empty() ? "the environment file" : environment.path)),
                          theme::Type::Body, Label::Tone::Text, this);
    why->setWordWrap(true);
    m_check = named(new QComboBox(this), QStringLiteral("waiverCheck"), tr("Check"));
    m_check->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_check->setMinimumContentsLength(kCheckLetters);
    m_owner = named(new QLineEdit(this), QStringLiteral("waiverOwner"), tr("Owner"));
    m_owner->setPlaceholderText(tr("who answers for it"));
    m_reason = named(new QLineEdit(this), QStringLiteral("waiverReason"), tr("Reason"));
    m_reason->setPlaceholderText(tr("why it is acceptable until then"));
    m_until = named(new QDateEdit(today().addDays(kDays), this), QStringLiteral("waiverUntil"), tr("Last day, UTC"));
    m_until->setDisplayFormat(QStringLiteral("yyyy-MM-dd"));
    for (QLineEdit *field : {m_owner, m_reason})
        field->setMaxLength(kTypable);
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(8);
    form->addRow(tr("Check"), m_check);
    form->addRow(tr("Owner"), m_owner);
    form->addRow(tr("Reason"), m_reason);
    form->addRow(tr("Last day, UTC"), m_until);
    m_problems = named(new Label(theme::Type::Body, Label::Tone::Quiet, this), QStringLiteral("waiverProblems"), tr("What is missing"));
    m_fault = named(new Label(theme::Type::Body, Label::Tone::Fail, this), QStringLiteral("waiverFault"), tr("Why it was not written"));
    for (Label *label : {m_problems, m_fault})
        label->setWordWrap(true);
    m_fault->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_fault->hide();
    content().addWidget(why);
    content().addLayout(form);
    content().addWidget(m_problems);
    content().addWidget(m_fault);
    content().addStretch(1);
    addSideButton(new CopyButton(QStringLiteral("copySnippet"), [this] { return waiver::snippet(draft()); }, this));
    m_remove = named(new QPushButton(tr("Remove waiver"), this), QStringLiteral("removeWaiver"), tr("Remove the waiver of this check"));
    m_save = named(new PrimaryButton(tr("Waive"), this), QStringLiteral("saveWaiver"), tr("Write the waiver"));
    addButton(m_remove);
    addButton(m_save);
}

void WaiveDialog::fillChecks(const QString &check)
{
    for (const CheckResult &each : m_session.assessment()->checks)
        m_check->addItem(text::label(each.title, 80) % QStringLiteral("  ·  ") % text::label(each.id, 80), QString::fromStdString(each.id));
    const int known = m_check->findData(check);
    if (known < 0 && !check.isEmpty()) // waived in the file, and the profile does not have it any more
        m_check->addItem(text::label(check.toStdString(), 80), check);
    m_check->setCurrentIndex(check.isEmpty() ? -1 : m_check->findData(check));
}

void WaiveDialog::wire()
{
    connect(m_check, &QComboBox::currentIndexChanged, this, &WaiveDialog::takeUp);
    connect(m_owner, &QLineEdit::textChanged, this, &WaiveDialog::refresh);
    connect(m_reason, &QLineEdit::textChanged, this, &WaiveDialog::refresh);
    connect(m_until, &QDateEdit::dateChanged, this, &WaiveDialog::refresh);
    connect(&cancelButton(), &QPushButton::clicked, this, &QDialog::reject);
    connect(m_save, &QPushButton::clicked, this, [this] { Q_EMIT saveRequested(waiver::toWaiver(draft())); });
    connect(m_remove, &QPushButton::clicked, this, [this] { Q_EMIT removeRequested(draft().check); });
}

// The form of the check that is chosen now: its waiver, where it has one; else what was typed for another stays.
void WaiveDialog::takeUp()
{
    const auto &waivers = m_session.environment().waivers;
    const readiness::Waiver *there = waiver::find(waivers, draft().check.toStdString());
    if (there) {
        const waiver::Draft known = waiver::draftOf(*there);
        m_owner->setText(known.owner);
        m_reason->setText(known.reason);
        m_until->setDate(known.until);
    }
    setHeading(there ? tr("Change a waiver") : tr("Waive a check"));
    m_save->setText(there ? tr("Change waiver") : tr("Waive"));
    m_remove->setVisible(there);
    refresh();
}

void WaiveDialog::refresh()
{
    QStringList texts;
    for (const waiver::Problem &problem : waiver::problems(draft(), m_session.profile(), today()))
        texts << problem.text;
    m_problems->show(texts.join(QLatin1Char('\n')));
    m_save->setEnabled(texts.isEmpty() && !m_isBusy);
    m_remove->setEnabled(!m_isBusy);
    growToFit();
}

waiver::Draft WaiveDialog::draft() const
{
    return {m_check->currentData().toString(), m_owner->text(), m_reason->text(), m_until->date()};
}

void WaiveDialog::askToRemove()
{
    m_remove->setFocus();
}

void WaiveDialog::setBusy(bool isBusy)
{
    m_isBusy = isBusy;
    for (QWidget *field : {static_cast<QWidget *>(m_check), static_cast<QWidget *>(m_owner), static_cast<QWidget *>(m_reason), static_cast<QWidget *>(m_until)})
        field->setEnabled(!isBusy);
    if (isBusy)
        m_fault->hide();
    refresh();
}

void WaiveDialog::showFault(const Fault &fault)
{
    m_fault->show(tr("Not written. %1\n%2").arg(text::label(fault.detail, 400), text::label(fault.hint, 400)).trimmed());
    m_fault->show();
    growToFit();
}

} // namespace muster
