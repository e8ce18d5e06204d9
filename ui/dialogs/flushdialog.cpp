// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/flushdialog.h"

#include "models/format/text.h"
#include "ui/widgets/label.h"
#include "ui/widgets/primarybutton.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLineEdit>
#include <QRadioButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace muster {

namespace {
constexpr int kMostLength = 512; // characters of a prefix or pattern
}

FlushDialog::FlushDialog(const EnvironmentInfo &environment, const QString &instance, QWidget *parent)
    : Sheet(environment, tr("Flush keys"), parent), m_environment(environment)
{
    setObjectName(QStringLiteral("flushDialog"));
    build();
    for (const auto &cache : environment.caches)
        m_instance->addItem(text::label(cache.name, 60), QString::fromStdString(cache.name));
    m_instance->setCurrentIndex(std::max(0, m_instance->findData(instance)));
    offerPrefixes();
    connect(m_instance, &QComboBox::currentIndexChanged, this, &FlushDialog::offerPrefixes);
    for (QRadioButton *scope : {m_byPrefix, m_byGlob, m_byDatabase, m_all})
        connect(scope, &QRadioButton::toggled, this, &FlushDialog::refresh);
    connect(m_prefix, &QComboBox::currentTextChanged, this, &FlushDialog::refresh);
    connect(m_glob, &QLineEdit::textChanged, this, &FlushDialog::refresh);
    connect(m_stage, &QSpinBox::valueChanged, this, &FlushDialog::refresh);
    connect(&cancelButton(), &QPushButton::clicked, this, &QDialog::reject);
    const auto submit = [this](bool isCountOnly) {
        FlushRequest wanted = request();
        wanted.isCountOnly = isCountOnly;
        Q_EMIT requested(wanted);
        accept();
    };
    connect(m_count, &QPushButton::clicked, this, [submit] { submit(true); });
    connect(m_plan, &QPushButton::clicked, this, [submit] { submit(false); });
    refresh();
}

void FlushDialog::build()
{
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(16);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    m_instance = named(new QComboBox(this), QStringLiteral("instance"), tr("Redis instance"));
    m_byPrefix = named(new QRadioButton(tr("Keys that start with"), this), QStringLiteral("byPrefix"), tr("By prefix"));
    m_byGlob = named(new QRadioButton(tr("Keys that match the pattern"), this), QStringLiteral("byGlob"), tr("By pattern"));
    m_byDatabase = named(new QRadioButton(tr("All keys of database"), this), QStringLiteral("byDatabase"), tr("One database"));
    m_all = named(new QRadioButton(tr("All keys of all databases"), this), QStringLiteral("all"), tr("Everything"));
    m_prefix = named(new QComboBox(this), QStringLiteral("prefix"), tr("Prefix, taken literally"));
    m_prefix->setEditable(true);
    m_prefix->lineEdit()->setObjectName(QStringLiteral("prefixText"));
    m_prefix->lineEdit()->setAccessibleName(tr("Prefix, taken literally"));
    m_prefix->lineEdit()->setMaxLength(kMostLength);
    m_glob = named(new QLineEdit(this), QStringLiteral("glob"), tr("Pattern"));
    m_glob->setPlaceholderText(QStringLiteral("cache:*:v2"));
    m_glob->setMaxLength(kMostLength);
    m_database = named(new QSpinBox(this), QStringLiteral("database"), tr("Database number"));
    m_database->setRange(0, 9999);
    m_latency = named(new QSpinBox(this), QStringLiteral("latency"), tr("Latency limit in milliseconds"));
    m_latency->setRange(1, 1000);
    m_latency->setValue(15);
    m_latency->setSuffix(tr(" ms"));
    m_stage = named(new QSpinBox(this), QStringLiteral("stage"), tr("In stages, percent of the keys a minute"));
    m_stage->setRange(0, 100);
    m_stage->setSuffix(tr(" % of them a minute"));
    m_stage->setSpecialValueText(tr("as fast as others are served well"));
    m_hits = named(new QSpinBox(this), QStringLiteral("leastHits"), tr("Wait while the hit rate is below, percent"));
    m_hits->setRange(0, 100);
    m_hits->setSuffix(tr(" %"));
    m_hits->setSpecialValueText(tr("never"));
    m_byPrefix->setChecked(true);
    int row = 0;
    const auto add = [&grid, &row](QWidget *label, QWidget *field) {
        grid->addWidget(label, row, 0);
        if (field)
            grid->addWidget(field, row, 1);
        ++row;
    };
    add(new Label(tr("Instance"), theme::Type::Body, Label::Tone::Text, this), m_instance);
    add(m_byPrefix, m_prefix);
    add(m_byGlob, m_glob);
    add(m_byDatabase, m_database);
    add(m_all, nullptr);
    add(new Label(tr("Slow down when others wait longer than"), theme::Type::Body, Label::Tone::Quiet, this), m_latency);
    add(new Label(tr("Speed, to spare the database"), theme::Type::Body, Label::Tone::Quiet, this), m_stage);
    add(new Label(tr("Wait while the hit rate is below"), theme::Type::Body, Label::Tone::Quiet, this), m_hits);
    content().addLayout(grid);
    auto *note = new Label(tr("Next you see how many keys that is, with a sample. Nothing is deleted before you confirm."), theme::Type::Body, Label::Tone::Quiet, this);
    note->setWordWrap(true);
    content().addWidget(note);
    content().addStretch(1);
    m_count = named(new PrimaryButton(tr("Only count…"), this), QStringLiteral("count"), tr("Only count"));
    m_count->setPrimary(false);
    m_plan = named(new PrimaryButton(tr("Show the plan…"), this), QStringLiteral("showPlan"), tr("Show the plan"));
    addButton(m_count);
    addButton(m_plan);
}

void FlushDialog::offerPrefixes()
{
    const auto found = std::ranges::find(m_environment.caches, m_instance->currentData().toString().toStdString(), &EnvironmentInfo::Cache::name);
    m_prefix->clear();
    if (found == m_environment.caches.end())
        return;
    m_database->setValue(found->database);
    for (const std::string &prefix : found->prefixes)
        m_prefix->addItem(QString::fromStdString(prefix));
}

void FlushDialog::setPrefix(const QString &prefix)
{
    if (prefix.isEmpty())
        return;
    m_byPrefix->setChecked(true);
    m_prefix->setCurrentText(prefix);
}

FlushRequest FlushDialog::request() const
{
    FlushRequest request;
    request.instance = m_instance->currentData().toString().toStdString();
    request.scope = m_byPrefix->isChecked() ? FlushRequest::Scope::Prefix : m_byGlob->isChecked() ? FlushRequest::Scope::Glob
                  : m_byDatabase->isChecked() ? FlushRequest::Scope::Database : FlushRequest::Scope::All;
    request.pattern = m_byPrefix->isChecked() ? m_prefix->currentText().toStdString() : m_byGlob->isChecked() ? m_glob->text().toStdString() : std::string();
    request.database = m_database->value();
    request.maxLatency = Millis(m_latency->value());
    request.stageShare = m_stage->isEnabled() ? m_stage->value() / 100.0 : 0;
    request.leastHitRatio = m_hits->isEnabled() ? m_hits->value() / 100.0 : 0;
    return request;
}

void FlushDialog::refresh()
{
    m_prefix->setEnabled(m_byPrefix->isChecked());
    m_glob->setEnabled(m_byGlob->isChecked());
    m_database->setEnabled(m_byDatabase->isChecked() || m_byPrefix->isChecked() || m_byGlob->isChecked());
    const bool needsPattern = m_byPrefix->isChecked() || m_byGlob->isChecked();
    m_stage->setEnabled(needsPattern); // a whole database goes in one command
    m_hits->setEnabled(needsPattern && m_stage->value() > 0);
    const bool isComplete = m_instance->count() > 0 && (!needsPattern || !request().pattern.empty());
    m_count->setEnabled(isComplete);
    m_plan->setEnabled(isComplete);
}

} // namespace muster
