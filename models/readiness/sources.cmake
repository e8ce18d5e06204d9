# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(muster_models PRIVATE
    readiness/assessment.cpp readiness/assessment.h
    readiness/causes.cpp readiness/causes.h
    readiness/finalmetrics.cpp readiness/finalmetrics.h
    readiness/judge.cpp readiness/judge.h
    readiness/profile.cpp readiness/profile.h
    readiness/reading.cpp readiness/reading.h
    readiness/readiness.cpp readiness/readiness.h
    readiness/roadmap.cpp readiness/roadmap.h
    readiness/rule.cpp readiness/rule.h
    readiness/ruleparser.cpp readiness/ruleparser.h
    readiness/score.cpp readiness/score.h
    readiness/sentence.cpp readiness/sentence.h
    readiness/strictobject.cpp readiness/strictobject.h)
