// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/environment.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>

using namespace muster;
using namespace muster::environment;

namespace {

std::string whole()
{
    std::ifstream in(MUSTER_TEST_DATA "/environment/whole.json");
    return {std::istreambuf_iterator<char>(in), {}};
}

// JSON in test rows is written with single quotes.
std::string json(std::string text)
{
    std::ranges::replace(text, '\'', '"');
    return text;
}

std::string firstProblem(const std::string &json)
{
    const auto environment = parse(json, "/etc/muster/shop.json");
    return environment ? std::string("no problem") : environment.error().front().where + " | " + environment.error().front().message;
}

} // namespace

class EnvironmentTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsRedisTopologies()
    {
        const auto environment = parse(json("{'name':'a','kind':'staging','redis':["
            "{'name':'s','url':'rediss://oncall@shop/0','topology':'sentinel','master':'shop','sentinels':['s1:26380','[::1]','redis://s3'],'sentinelUser':'u','sentinelPassword':{'env':'S'}},"
            "{'name':'c','url':'redis://n1','topology':'cluster','nodes':['n2:7000','n3']}]}"), "/etc/muster/a.json");
        QVERIFY2(environment, environment ? "" : describe(environment.error(), "a.json").c_str());
        const auto &sentinel = environment->redis.at(0);
        QCOMPARE(sentinel.master, std::string("shop"));
        QVERIFY((sentinel.sentinels == std::vector<RedisAddress>{{"s1", 26380, true}, {"::1", 26379, true}, {"s3", 26379, false}}));
        QCOMPARE(sentinel.sentinelUser, std::string("u"));
        QCOMPARE(sentinel.sentinelPassword.name, std::string("S"));
        QVERIFY((environment->redis.at(1).nodes == std::vector<RedisAddress>{{"n2", 7000, false}, {"n3", 6379, false}}));
    }

    void readsEverySection()
    {
        const auto environment = parse(whole(), "/etc/muster/shop.json");
        QVERIFY2(environment.has_value(), environment ? "" : describe(environment.error(), "shop.json").c_str());
        QCOMPARE(environment->name, std::string("shop"));
        const auto &postgres = environment->postgres.at(0);
        QCOMPARE(postgres.address.display(), std::string("db1:5433"));
        QCOMPARE(postgres.address.user, std::string("oncall"));
        QCOMPARE(postgres.databases, std::vector<std::string>{"shop"});
        QCOMPARE(postgres.tls.ca, std::string("/etc/muster/ca.pem"));
        QVERIFY(postgres.password.kind == SecretRef::Kind::Env);
        QCOMPARE(environment->pgbouncer.at(0).address.port, std::uint16_t{6432});
        QCOMPARE(environment->redis.at(0).database, 3);
        QCOMPARE(environment->redis.at(0).address.port, std::uint16_t{6379});
        QCOMPARE(environment->redis.at(0).password.name, std::string("/etc/muster/secrets/cache"));
        QCOMPARE(environment->prometheus.at(0).bearer.argv.size(), std::size_t{3});
        QCOMPARE(environment->prometheus.at(0).latencySlo, 0.5);
        QCOMPARE(environment->http.at(0).cdn, std::optional(true));
        QCOMPARE(environment->smtp->address.port, std::uint16_t{587});
        QCOMPARE(environment->backups.at(0).window, Millis(std::chrono::hours(26)));
        QCOMPARE(environment->backups.at(0).directory, std::string("/etc/muster/backups"));
        QCOMPARE(environment->loadTests.at(0).p95, Millis{500});
        QCOMPARE(environment->siblings.at(0), std::string("/etc/muster/staging.json"));
        QVERIFY(environment->waivers.at(0).until == std::chrono::sys_days(std::chrono::year(2027) / 3 / 31));
    }

    void readsFactsOfItsOwn()
    {
        const auto environment = parse(json("{'name':'a','kind':'staging','postgres':[{'name':'p','url':'postgresql://h/d'}],'prometheus':[{'name':'m','url':'http://h','latency':{'histogram':'x','slo':0.5,'objective':0.99}}],"
                                            "'redis':[{'name':'c','url':'redis://h'}],'http':[{'name':'w','url':'https://h'}],'facts':["
                                            "{'name':'shop.a','postgres':'p','sql':'select 1','unit':'count','every':'10s','budget':'1m'},{'name':'shop.b','prometheus':'m','promql':'up'},"
                                            "{'name':'shop.c','redis':'c','command':['LLEN','jobs']},{'name':'shop.d','http':'w','path':'/stats','pointer':'/a~1b/0'},{'name':'shop.e','http':'w','path':'/n','pointer':''}]}"),
                                       "/etc/shop.json");
        QVERIFY2(environment.has_value(), environment ? "" : describe(environment.error(), "shop.json").c_str());
        const auto &facts = environment->facts;
        QCOMPARE(facts.size(), std::size_t{5});
        QCOMPARE(facts[0].source, std::string("postgres/p"));
        QVERIFY(facts[0].every == Millis{10000} && facts[0].budget == Millis{60000});
        QVERIFY(facts[1].every == Millis{60000} && facts[1].budget > facts[1].every);
        QCOMPARE(facts[1].question, std::vector<std::string>{"up"});
        QCOMPARE(facts[2].question, (std::vector<std::string>{"LLEN", "jobs"}));
        QCOMPARE(facts[3].question, (std::vector<std::string>{"/stats", "/a~1b/0"}));
        QCOMPARE(facts[4].question, (std::vector<std::string>{"/n", ""}));
        QCOMPARE(environment->prometheus.at(0).latencyObjective, 0.99);
    }

    void readsTheFilesystemsThatAreJudged()
    {
        const auto read = [](const std::string &filesystems) {
            return parse(json("{'name':'a','kind':'staging','prometheus':[{'name':'m','url':'http://h','filesystems':[" + filesystems + "]}]}"), "/etc/shop.json");
        };
        const auto environment = read("{'instance':'db1:9100','mount':'/srv'}");
        QVERIFY2(environment.has_value(), environment ? "" : describe(environment.error(), "shop.json").c_str());
        const auto &filesystems = environment->prometheus.at(0).filesystems;
        QCOMPARE(filesystems.size(), std::size_t{1});
        QCOMPARE(filesystems[0].instance + ' ' + filesystems[0].mount, std::string("db1:9100 /srv"));
        const auto half = read("{'instance':'db1:9100'}");
        QVERIFY(!half);
        QCOMPARE(half.error().at(0).where, std::string("prometheus[0].filesystems[0].mount"));
        std::string many;
        for (int i = 0; i < 21; ++i)
            many += (i > 0 ? "," : "") + std::string("{'instance':'h','mount':'/'}");
        const auto excess = read(many);
        QVERIFY(!excess);
        QCOMPARE(excess.error().at(0).where, std::string("prometheus[0].filesystems"));
    }

    void factsOfItsOwnNameThePlaceAndTheFix_data()
    {
        QTest::addColumn<QString>("fact");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *fact, const char *expected) { QTest::newRow(fact) << QString::fromUtf8(fact) << QString::fromUtf8(expected); };
        row("'name':'shop.a','sql':'select 1'", "facts[0].postgres | expected exactly one of");
        row("'name':'shop.a','postgres':'p','redis':'c','sql':'select 1'", "facts[0].redis | expected exactly one of");
        row("'name':'shop.a','postgres':'p'", "facts[0].sql | is missing");
        row("'name':'shop.a','postgres':'p','promql':'up','sql':'select 1'", "facts[0].promql | does not go with “postgres”");
        row("'name':'shop.a','postgres':'q','sql':'select 1'", "facts[0].postgres | names “q”, which “postgres” does not declare");
        row("'name':'shop.a','redis':'c','command':'LLEN jobs'", "facts[0].command | expected a list of texts");
        row("'name':'shop.a','redis':'c','command':[]", "facts[0].command | expected the command and its arguments");
        row("'name':'shop.a','http':'w','path':'stats','pointer':''", "facts[0].path | expected a path");
        row("'name':'shop.a','http':'w','path':'//evil.example/x','pointer':''", "facts[0].path | expected a path");
        row("'name':'shop.a','http':'w','path':'/stats'", "facts[0].pointer | is missing");
        row("'name':'shop.a','http':'w','path':'/stats','pointer':'a'", "facts[0].pointer | expected a JSON pointer (RFC 6901)");
        row("'name':'shop.a','http':'w','path':'/stats','pointer':'/a~2'", "facts[0].pointer | expected a JSON pointer (RFC 6901)");
        row("'name':'redis.hit_ratio','postgres':'p','sql':'select 1'", "facts[0].name | “redis.” belongs to the facts that Muster measures itself");
        row("'name':'waiting','postgres':'p','sql':'select 1'", "facts[0].name | expected a name of two words");
        row("'name':'shop.a','postgres':'p','sql':'select 1','every':'10ms'", "facts[0].every | expected from");
        row("'name':'shop.a','postgres':'p','sql':'select 1','every':'1m','budget':'10s'", "facts[0].budget | expected no less than");
        row("'name':'shop.a','postgres':'p','sql':'select 1','evry':'1m'", "facts[0].evry | unknown key; did you mean “every”?");
    }

    void factsOfItsOwnNameThePlaceAndTheFix()
    {
        QFETCH(const QString, fact);
        QFETCH(const QString, expected);
        const auto found = firstProblem(json("{'name':'a','kind':'staging','postgres':[{'name':'p','url':'postgresql://h/d'}],'redis':[{'name':'c','url':'redis://h'}],"
                                             "'http':[{'name':'w','url':'https://h'}],'facts':[{" + fact.toStdString() + "}]}"));
        QVERIFY2(found.starts_with(expected.toStdString()), found.c_str());
    }

    void namesThePlaceAndTheFix_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *tag, const char *json, const char *expected) { QTest::newRow(tag) << QString::fromUtf8(json).replace(QLatin1Char('\''), QLatin1Char('"')) << QString::fromUtf8(expected); };
        row("password and token", "{ 'name': 'shop', 'kind': 'staging', 'smtp': { 'url': 'smtp://a@mail', 'from': 'a@shop.example', 'password': {'env': 'A'}, 'token': {'env': 'B'} } }",
            "smtp.token | expected a password or an OAuth 2.0 access token, not both");
        row("syntax", "{ \"name\": \"shop\",\n \"kind\" \"production\" }", "line 2, column");
        row("empty file", "", "line 1, column 1");
        row("not an object", "[]", "expected an object");
        row("missing name", "{'kind':'production'}", "name | is missing");
        row("unknown kind", "{'name':'a','kind':'prod'}", "kind | expected one of “production”, “staging”, “development”, found “prod”");
        row("literal password", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','password':'hunter2'}]}", "redis[0].password | a literal password is refused");
        row("password in the URL", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://u:hunter2@h'}]}", "redis[0].url | a literal password in the URL is refused");
        row("password in the query", "{'name':'a','kind':'staging','postgres':[{'name':'c','url':'postgresql://h/d?password=hunter2'}]}", "postgres[0].url | a literal password in the URL is refused");
        row("sentinel without addresses", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','topology':'sentinel','master':'m'}]}", "redis[0].sentinels | topology sentinel needs");
        row("sentinel without a master", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','topology':'sentinel','sentinels':['s:1']}]}", "redis[0].master | topology sentinel needs");
        row("no address", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','topology':'sentinel','master':'m','sentinels':['http://s']}]}", "redis[0].sentinels | expected “host:port”");
        row("sentinels of a cluster", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','topology':'cluster','sentinels':['s:1']}]}", "redis[0].sentinels | “sentinels” is for topology sentinel only");
        row("nodes of a server", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','nodes':['s:1']}]}", "redis[0].nodes | “nodes” is for topology cluster only");
        row("database of a cluster", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h/2','topology':'cluster'}]}", "redis[0].url | a cluster has database 0 only");
        row("relative command", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','password':{'command':['pass']}}]}", "redis[0].password.command | expected the program's absolute path first");
        row("unknown key", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','prefixs':[]}]}", "redis[0].prefixs | unknown key; did you mean “prefixes”?");
        row("unknown section", "{'name':'a','kind':'staging','postgress':[]}", "postgress | unknown key; did you mean “postgres”?");
        row("wrong type", "{'name':'a','kind':'staging','http':{'name':'x'}}", "http | expected a list of objects, found object");
        row("bad scheme", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'http://h'}]}", "redis[0].url | expected a URL with scheme “redis”, “rediss”");
        row("bad duration", "{'name':'a','kind':'staging','postgres':[{'name':'p','url':'postgresql://h/d'}],'backups':[{'name':'n','driver':'pg_dump','postgres':'p','directory':'b','window':'a day'}]}", "backups[0].window | expected a duration");
        row("dangling reference", "{'name':'a','kind':'staging','postgres':[{'name':'primary','url':'postgresql://h/d'}],'backups':[{'name':'n','driver':'pg_dump','postgres':'primery','directory':'b'}]}", "backups[0].postgres | names the PostgreSQL “primery”, which “postgres” does not declare; did you mean “primary”?");
        row("same name twice", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h'},{'name':'c','url':'redis://i'}]}", "redis[1].name | “c” stands twice");
        row("same key twice", "{'name':'a','name':'b','kind':'staging'}", "name | stands twice in the same object");
        row("file name of a set", "{'name':'a','kind':'staging','redis':[{'name':'../x','url':'redis://h'}]}", "redis[0].name | expected at most 64 letters");
        row("bad date", "{'name':'a','kind':'staging','waivers':[{'check':'x','owner':'o','reason':'r','until':'2027-02-30'}]}", "waivers[0].until | expected a date");
        row("bad port", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h:99999'}]}", "redis[0].url | expected a URL");
        row("certificate without key", "{'name':'a','kind':'staging','redis':[{'name':'c','url':'redis://h','clientCert':'c.pem'}]}", "redis[0].clientKey | is missing");
    }

    void namesThePlaceAndTheFix()
    {
        QFETCH(QString, json);
        QFETCH(QString, expected);
        const auto problem = QString::fromStdString(firstProblem(json.toStdString()));
        QVERIFY2(problem.contains(expected), qPrintable(problem));
        QVERIFY2(!problem.contains(QLatin1String("hunter2")), "the secret must not be repeated");
    }

    void takesAServiceOfLibpqInPlaceOfAHost()
    {
        const auto environment = parse(json("{'name':'a','kind':'staging','postgres':[{'name':'p','url':'postgresql:///?service=prod'}]}"), "/e.json");
        QVERIFY2(environment.has_value(), environment ? "" : describe(environment.error(), "e.json").c_str());
        QCOMPARE(environment->postgres.at(0).address.display(), std::string("service prod"));
    }

    void takesASocketForAHost()
    {
        const auto environment = parse(json("{'name':'a','kind':'staging','postgres':[{'name':'p','url':'postgresql://ada@/shop?host=/var/run/postgresql'}]}"), "/e.json");
        QVERIFY2(environment.has_value(), environment ? "" : describe(environment.error(), "e.json").c_str());
        QCOMPARE(environment->postgres.at(0).address.display(), std::string("/var/run/postgresql"));
        QCOMPARE(environment->postgres.at(0).databases, std::vector<std::string>{"shop"});
        QVERIFY(!parse(json("{'name':'a','kind':'staging','postgres':[{'name':'p','url':'postgresql:///shop?host=db1'}]}"), "/e.json"));
    }

    void readsTheDriversOfBackups()
    {
        const std::string head = "{'name':'a','kind':'staging','postgres':[{'name':'p','url':'postgresql://ada@db/shop'}],'backups':[";
        const auto environment = parse(json(head + "{'name':'r','driver':'pgbackrest','postgres':'p','stanza':'main','config':'rest.conf','restoreWithin':'4h','at':{'ssh':'postgres@db1'},'drill':{'queries':['SELECT true'],'directory':'/srv/drill'}},"
                                                   "{'name':'b','driver':'pg_basebackup','postgres':'p','directory':'base','archive':'/srv/wal'},"
                                                   "{'name':'m','driver':'barman','postgres':'p','server':'demo'},"
                                                   "{'name':'c','driver':'command','postgres':'p','list':['/bin/snaps','list'],'run':['/bin/snaps','run'],'verify':['/bin/snaps','verify']},"
                                                   "{'name':'d','driver':'pg_dump','postgres':'p','directory':'/srv/dumps','at':{'ssh':'db1','environment':'/etc/muster/a.json'}}]}"), "/x/e.json");
        QVERIFY2(environment.has_value(), environment ? "" : describe(environment.error(), "e.json").c_str());
        QCOMPARE(environment->backups.at(0).config, std::string("/x/rest.conf"));
        QVERIFY(environment->backups.at(0).restoreWithin == std::chrono::hours(4));
        QVERIFY(environment->backups.at(1).restoreWithin == Millis{0});
        QCOMPARE(environment->backups.at(0).drillQueries, std::vector<std::string>{"SELECT true"});
        QCOMPARE(environment->backups.at(3).list, (std::vector<std::string>{"/bin/snaps", "list"}));
        QCOMPARE(environment->backups.at(4).remoteEnvironment, std::string("/etc/muster/a.json"));
        for (const auto *bad : {"{'name':'r','driver':'pgbackrest','postgres':'p'}", "{'name':'m','driver':'barman','postgres':'p'}", "{'name':'c','driver':'command','postgres':'p'}",
                                "{'name':'d','driver':'pg_dump','postgres':'p','directory':'/x','at':{'ssh':'db1'}}", "{'name':'d','driver':'barman','server':'x','postgres':'p','at':{'ssh':'-oProxyCommand=x'}}"})
            QVERIFY2(!parse(json(head + bad + "]}"), "/x/e.json"), bad);
    }

    void namesEveryProblemInOneRun()
    {
        const auto environment = parse(json("{'name':'a','kind':'x','redis':[{'url':'redis://h'}],'foo':1}"), "/e.json");
        QVERIFY(!environment.has_value());
        QVERIFY(environment.error().size() >= 3);
    }

    void leavesABrokenFileAsItIs()
    {
        QTemporaryDir dir;
        const auto path = dir.filePath(QStringLiteral("e.json")).toStdString();
        const std::string bytes = "{ \"name\": \"shop\", broken";
        std::ofstream(path) << bytes;
        QVERIFY(!load(path).has_value());
        std::ifstream in(path);
        QCOMPARE(std::string(std::istreambuf_iterator<char>(in), {}), bytes);
    }

    void findsAFileByItsNameInTheConfigFolder()
    {
        QTemporaryDir dir;
        qputenv("XDG_CONFIG_HOME", dir.path().toUtf8());
        QVERIFY(QDir(dir.path()).mkpath(QStringLiteral("muster/environments")));
        std::ofstream(dir.filePath(QStringLiteral("muster/environments/shop.json")).toStdString()) << json("{'name':'shop','kind':'staging'}");
        QVERIFY(load("shop").has_value());
        const auto missing = load("shopp");
        QVERIFY(!missing.has_value());
        QVERIFY(missing.error().front().message.find("no such file") != std::string::npos);
    }

    void survivesHostileInput()
    {
        const std::string deep = json("{'name':'a','kind':'staging','x-deep':") + std::string(100, '[') + std::string(100, ']') + "}";
        (void)parse(deep, "/e.json");
        const auto text = whole();
        for (std::size_t length = 0; length + 2 < text.size(); length += 7)
            QVERIFY(!parse(text.substr(0, length), "/e.json").has_value());
        QVERIFY(!parse(std::string("\0\xff\xfe{", 4), "/e.json").has_value());
    }
};

QTEST_GUILESS_MAIN(EnvironmentTest)
#include "tst_environment.moc"
