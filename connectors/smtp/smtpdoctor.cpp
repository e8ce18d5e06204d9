// SPDX-License-Identifier: GPL-3.0-or-later
// SmtpSource::diagnose: the steps of one conversation as the stages of `musterctl doctor`.
#include "connectors/smtp/smtpclient.h"
#include "connectors/smtp/smtpfaults.h"
#include "connectors/smtp/smtpsource.h"

namespace muster::smtp {

namespace {

void addSteps(std::vector<DoctorStage> &stages, const std::vector<Step> &steps)
{
    for (const Step &step : steps) {
        if (step.stage == "rset" || step.stage == "quit")
            continue;
        const std::string name(stageOf(step.stage));
        const bool isGood = step.code < 400;
        const std::string text = step.stage + ": " + step.reply;
        if (!stages.empty() && stages.back().name == name) {
            stages.back().took += step.took;
            stages.back().detail += "; " + text;
            stages.back().isGood = stages.back().isGood && isGood;
        } else {
            stages.push_back({name, isGood, text, {}, step.took});
        }
        if (!isGood) {
            Reply reply;
            reply.code = step.code;
            reply.enhanced = step.enhanced;
            stages.back().hint = refusal(step.stage, reply).hint;
        }
    }
}

void addFault(std::vector<DoctorStage> &stages, const Fault &fault)
{
    const std::string name(stageOf(fault.stage));
    if (!stages.empty() && stages.back().name == name) {
        if (stages.back().isGood) // else the reply says it already
            stages.back().detail += "; " + fault.detail;
        stages.back().isGood = false;
        stages.back().hint = fault.hint;
    } else {
        stages.push_back({name, false, fault.detail, fault.hint, Millis{0}});
    }
}

} // namespace

std::vector<DoctorStage> SmtpSource::diagnose(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    SmtpClient client(m_target, m_interrupter);
    std::optional<Fault> fault;
    if (auto opened = client.open(deadline); !opened)
        fault = opened.error();
    else if (auto authenticated = client.authenticate(deadline); !authenticated)
        fault = authenticated.error();
    else if (auto envelope = tryEnvelope(client, deadline); !envelope)
        fault = envelope.error();
    else
        client.quit(deadline);
    std::vector<DoctorStage> stages;
    addSteps(stages, client.conversation().steps());
    if (fault)
        addFault(stages, *fault);
    return stages;
}

} // namespace muster::smtp
