// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/muster/startwindow.h"

#include "app/environment/environment.h"
#include "ui/theme/theme.h"

#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace muster {

namespace {

constexpr int kPathRole = Qt::UserRole;

QLabel *plainLabel(const QString &text, theme::Type type, QWidget *parent)
{
    auto *label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setFont(theme::font(type));
    return label;
}

} // namespace

StartWindow::StartWindow(QWidget *parent)
    : QWidget(parent)
    , m_list(new QListWidget(this))
    , m_problems(plainLabel({}, theme::Type::Body, this))
    , m_open(new QPushButton(tr("Open"), this))
    , m_browse(new QPushButton(tr("Another file…"), this))
{
    build();
    wire();
    fill();
}

void StartWindow::showProblems(const QString &text)
{
    m_problems->setText(text);
    m_problems->setVisible(!text.isEmpty());
}

void StartWindow::build()
{
    setWindowTitle(tr("Muster: open an environment"));
    resize(640, 480);
    m_list->setObjectName(QStringLiteral("environments"));
    m_list->setAccessibleName(tr("Environments"));
    m_open->setObjectName(QStringLiteral("open"));
    m_browse->setObjectName(QStringLiteral("browse"));
    m_problems->setObjectName(QStringLiteral("problems"));
    m_problems->setAccessibleName(tr("What is wrong with the file"));
    m_problems->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problems->hide();
    m_open->setDefault(true);
    m_open->setEnabled(false);

    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_browse);
    buttons->addStretch();
    buttons->addWidget(m_open);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 24, 24, 24);
    column->setSpacing(16);
    column->addWidget(plainLabel(tr("Which environment?"), theme::Type::Title, this));
    column->addWidget(plainLabel(tr("Environment files are looked for in %1").arg(QString::fromStdString(environment::environmentsFolder())), theme::Type::Body, this));
    column->addWidget(m_list, 1);
    column->addWidget(m_problems);
    column->addLayout(buttons);
}

void StartWindow::wire()
{
    connect(m_list, &QListWidget::currentRowChanged, this, [this](int row) { m_open->setEnabled(row >= 0); });
    connect(m_list, &QListWidget::itemActivated, this, [this](QListWidgetItem *item) { Q_EMIT fileChosen(item->data(kPathRole).toString()); });
    connect(m_open, &QPushButton::clicked, this, [this] {
        if (const auto *item = m_list->currentItem())
            Q_EMIT fileChosen(item->data(kPathRole).toString());
    });
    connect(m_browse, &QPushButton::clicked, this, &StartWindow::browse);
}

void StartWindow::fill()
{
    const QDir folder(QString::fromStdString(environment::environmentsFolder()));
    for (const auto &file : folder.entryInfoList({QStringLiteral("*.json")}, QDir::Files, QDir::Name)) {
        auto *item = new QListWidgetItem(file.completeBaseName(), m_list);
        item->setData(kPathRole, file.absoluteFilePath());
    }
    if (m_list->count() > 0)
        m_list->setCurrentRow(0);
}

void StartWindow::browse()
{
    auto *dialog = new QFileDialog(this, tr("Open an environment file"), QString(), tr("Environment files (*.json)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &StartWindow::fileChosen);
    dialog->open();
}

} // namespace muster
