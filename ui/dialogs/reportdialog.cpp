// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/reportdialog.h"

#include "models/engine/session.h"
#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/reportform.h"
#include "ui/widgets/label.h"
#include "ui/widgets/primarybutton.h"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QStandardPaths>
#include <QVBoxLayout>

namespace muster {

namespace {

constexpr int kLongestPath = 4096; // PATH_MAX

const reportform::Format &formatAt(int index)
{
    return reportform::formats()[std::size_t(std::max(0, index))];
}

QString words(const std::string &text)
{
    return text::label(text, 400);
}

} // namespace

ReportDialog::ReportDialog(const Session &session, QWidget *parent) : Sheet(session.environment(), tr("Save a report"), parent)
{
    setObjectName(QStringLiteral("reportDialog"));
    build(session);
    wire();
    refresh();
    m_format->setFocus();
}

void ReportDialog::build(const Session &session)
{
    auto *what = new Label(tr("The report tells the state as it is now: verdict, score, components, criteria, final metrics, every finding with its evidence and remedy, and the history. It holds no secret."),
                           theme::Type::Body, Label::Tone::Text, this);
    what->setWordWrap(true);
    m_format = named(new QComboBox(this), QStringLiteral("reportFormat"), tr("Format"));
    for (const reportform::Format &format : reportform::formats())
        m_format->addItem(reportform::title(format), QString::fromUtf8(format.id));
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString folder = QFileInfo(documents).isDir() ? documents : QDir::homePath();
    const QString name = reportform::fileName(session.environment().name, session.assessment()->at, formatAt(0));
    m_path = named(new QLineEdit(folder % QLatin1Char('/') % name, this), QStringLiteral("reportPath"), tr("File"));
    m_path->setMaxLength(kLongestPath);
    m_browse = named(new QPushButton(tr("Browse…"), this), QStringLiteral("reportBrowse"), tr("Choose a file"));
    auto *file = new QHBoxLayout;
    file->setSpacing(8);
    file->addWidget(m_path, 1);
    file->addWidget(m_browse);
    auto *form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(8);
    form->addRow(tr("Format"), m_format);
    form->addRow(tr("File"), file);
    m_problem = named(new Label(theme::Type::Body, Label::Tone::Quiet, this), QStringLiteral("reportProblem"), tr("What is missing"));
    m_result = named(new Label(theme::Type::Body, Label::Tone::Text, this), QStringLiteral("reportResult"), tr("What became of it"));
    for (Label *label : {m_problem, m_result})
        label->setWordWrap(true);
    m_result->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    content().addWidget(what);
    content().addLayout(form);
    content().addWidget(m_problem);
    content().addWidget(m_result);
    content().addStretch(1);
    m_save = named(new PrimaryButton(tr("Save"), this), QStringLiteral("saveReport"), tr("Save the report"));
    addButton(m_save);
}

void ReportDialog::wire()
{
    connect(m_format, &QComboBox::currentIndexChanged, this, [this](int index) { m_path->setText(reportform::withSuffix(m_path->text(), formatAt(index))); });
    connect(m_path, &QLineEdit::textChanged, this, [this] {
        m_mayReplace = false;
        refresh();
    });
    connect(m_browse, &QPushButton::clicked, this, &ReportDialog::browse);
    connect(&cancelButton(), &QPushButton::clicked, this, &QDialog::reject);
    connect(m_save, &QPushButton::clicked, this, [this] { Q_EMIT saveRequested(path(), format(), m_mayReplace); });
}

void ReportDialog::browse()
{
    auto *dialog = new QFileDialog(this, tr("Save a report"), path());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setOption(QFileDialog::DontConfirmOverwrite); // asked for by the form, for typed names as well
    connect(dialog, &QFileDialog::fileSelected, m_path, &QLineEdit::setText);
    dialog->open();
}

void ReportDialog::refresh()
{
    const QString problem = reportform::problem(m_path->text());
    m_problem->show(problem);
    m_problem->setVisible(!problem.isEmpty());
    m_save->setText(m_isBusy ? tr("Saving…") : m_mayReplace ? tr("Replace") : tr("Save"));
    m_save->setEnabled(problem.isEmpty() && !m_isBusy);
    m_result->setVisible(!m_result->text().isEmpty());
    growToFit();
}

QString ReportDialog::path() const
{
    return reportform::absolute(m_path->text());
}

QString ReportDialog::format() const
{
    return m_format->currentData().toString();
}

void ReportDialog::setBusy(bool isBusy)
{
    m_isBusy = isBusy;
    for (QWidget *field : {static_cast<QWidget *>(m_format), static_cast<QWidget *>(m_path), static_cast<QWidget *>(m_browse)})
        field->setEnabled(!isBusy);
    if (isBusy)
        m_result->show(QString());
    refresh();
}

void ReportDialog::askToReplace()
{
    m_mayReplace = true;
    m_result->setTone(Label::Tone::Warn);
    m_result->show(tr("%1 exists. Press “Replace” to write over it, or change the name.").arg(words(path().toStdString())));
    refresh();
}

void ReportDialog::showFault(const Fault &fault)
{
    m_mayReplace = false;
    m_result->setTone(Label::Tone::Fail);
    m_result->show(tr("Not saved. %1\n%2").arg(words(fault.detail), words(fault.hint)).trimmed());
    refresh();
}

void ReportDialog::showDone(qint64 bytes)
{
    m_mayReplace = false;
    m_result->setTone(Label::Tone::Ok);
    m_result->show(tr("Saved: %1 (%2)").arg(words(path().toStdString()), QString::fromStdString(format::size(double(bytes)))));
    cancelButton().setText(tr("Close"));
    refresh();
}

} // namespace muster
