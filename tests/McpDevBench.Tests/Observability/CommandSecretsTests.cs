using McpDevBench.Observability.Secrets;

namespace McpDevBench.Tests.Observability;

/// <summary>What the audit record keeps of a command line.</summary>
public sealed class CommandSecretsTests
{
    [Theory]
    [InlineData("curl -u bob:hunter2 https://h/x", "curl -u bob:[REDACTED] https://h/x")]
    [InlineData("curl -sS --user 'bob:hunter2' https://h", "curl -sS --user 'bob:[REDACTED]' https://h")]
    [InlineData("curl --user=bob:hunter2 https://h", "curl --user=bob:[REDACTED] https://h")]
    [InlineData("curl -ubob:hunter2 https://h", "curl -ubob:[REDACTED] https://h")]
    [InlineData("curl --oauth2-bearer abcdef https://h", "curl --oauth2-bearer [REDACTED] https://h")]
    [InlineData("curl -H 'Authorization: token hunter2' https://h", "curl -H 'Authorization: [REDACTED]' https://h")]
    [InlineData("curl -H \"X-Api-Key: hunter2\" https://h", "curl -H \"X-Api-Key: [REDACTED]\" https://h")]
    [InlineData("git clone https://bob:hunter2@h/x.git", "git clone https://[REDACTED]@h/x.git")]
    [InlineData("psql postgres://bob:hunter2@db/x -c 'select 1'", "psql postgres://[REDACTED]@db/x -c 'select 1'")]
    [InlineData("mysql -u root -phunter2 db", "mysql -u root -p[REDACTED] db")]
    [InlineData("mysqldump -p'a b' db | gzip", "mysqldump -p[REDACTED] db | gzip")]
    [InlineData("mysql --password=hunter2", "mysql --password=[REDACTED]")]
    [InlineData("mysql --password hunter2", "mysql --password [REDACTED]")]
    [InlineData("sshpass -p hunter2 ssh h", "sshpass -p [REDACTED] ssh h")]
    [InlineData("sshpass -phunter2 ssh h", "sshpass -p[REDACTED] ssh h")]
    [InlineData("docker login -u bob -p hunter2 h", "docker login -u bob -p [REDACTED] h")]
    [InlineData("redis-cli -h x -a hunter2 get k", "redis-cli -h x -a [REDACTED] get k")]
    [InlineData("unzip -P hunter2 x.zip", "unzip -P [REDACTED] x.zip")]
    [InlineData("openssl rsa -in k -passin pass:hunter2", "openssl rsa -in k -passin pass:[REDACTED]")]
    [InlineData("htpasswd -bc f bob hunter2", "htpasswd -bc f bob [REDACTED]")]
    [InlineData("gpg --passphrase hunter2 -d f", "gpg --passphrase [REDACTED] -d f")]
    [InlineData("TOKEN=hunter2 make deploy", "TOKEN=[REDACTED] make deploy")]
    [InlineData("export PGPASSWORD='hunter 2'; psql", "export PGPASSWORD='[REDACTED]'; psql")]
    [InlineData("cd x && curl -u bob:hunter2 h; mysql -phunter2", "cd x && curl -u bob:[REDACTED] h; mysql -p[REDACTED]")]
    [InlineData("export DB_PASS=hunter2", "export DB_PASS=[REDACTED]")]
    [InlineData("export DB_PASS='hunter 2' && x", "export DB_PASS=[REDACTED] && x")]
    [InlineData("export DB_PASS=\"hunter2\"", "export DB_PASS=[REDACTED]")]
    [InlineData("export STRIPE_KEY=hunter2", "export STRIPE_KEY=[REDACTED]")]
    [InlineData("db_pwd=hunter2 GH_PAT=hunter2 ./run", "db_pwd=[REDACTED] GH_PAT=[REDACTED] ./run")]
    [InlineData("env NPM_TOKEN=hunter2 APP_CREDENTIAL=hunter2 x", "env NPM_TOKEN=[REDACTED] APP_CREDENTIAL=[REDACTED] x")]
    [InlineData("aws configure set aws_secret_access_key hunter2", "aws configure set aws_secret_access_key [REDACTED]")]
    [InlineData("aws configure set aws_session_token 'hunter2' --profile x", "aws configure set aws_session_token [REDACTED] --profile x")]
    [InlineData("git config --global github.token hunter2", "git config --global github.token [REDACTED]")]
    [InlineData("npm config set //h/:_password hunter2", "npm config set //h/:_password [REDACTED]")]
    // Nothing secret.
    [InlineData("sort --key=2 f; BYPASS=1 make", "sort --key=2 f; BYPASS=1 make")]
    [InlineData("git add token.txt && MONKEY=1 x", "git add token.txt && MONKEY=1 x")]
    [InlineData("mkdir -p a/b && cp -a a:b c", "mkdir -p a/b && cp -a a:b c")]
    [InlineData("docker run -u 1000:1000 -p 80:80 x", "docker run -u 1000:1000 -p 80:80 x")]
    [InlineData("pytest -p no:cacheprovider -q", "pytest -p no:cacheprovider -q")]
    [InlineData("mysql -u root -p db", "mysql -u root -p db")]
    public void A_script_is_kept_without_its_secrets(string script, string kept) => Assert.Equal(kept, CommandSecrets.Redact([script]));

    [Fact]
    public void An_argument_with_blanks_is_redacted_whole()
    {
        Assert.Equal("mysql -p[REDACTED] db", CommandSecrets.Redact(["mysql", "-phunter2", "db"]));
        Assert.DoesNotContain("hunter", CommandSecrets.Redact(["curl", "-u", "bob:hunter 2", "https://h"]), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter", CommandSecrets.Redact(["mysql", "-phunter 2", "db"]), StringComparison.Ordinal);
    }
}
