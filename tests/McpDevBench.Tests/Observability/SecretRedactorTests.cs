using System.Runtime.InteropServices;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Tests.Observability;

public sealed partial class SecretRedactorTests
{
    private const string Jwt =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    private const string Key = "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34GkxFhD9\n-----END RSA PRIVATE KEY-----";

    /// <summary>A text, and what is left of it.</summary>
    public static TheoryData<string, string> Secrets() => new()
    {
        // HTTP's own.
        { "Authorization: Bearer abc", "Authorization: [REDACTED]" },
        { "authorization: Basic dXNlcjpwYXNz\r\nHost: x", "authorization: [REDACTED]\r\nHost: x" },
        { "sent Bearer mF_9.B5f-4.1JqM, got 401", "sent Bearer [REDACTED], got 401" },
        { "bearer  correcthorsebatterystaple", "bearer  [REDACTED]" },
        { "Basic dXNlcjpwYXNz", "Basic [REDACTED]" },
        { "Cookie: a=b; c=d", "Cookie: [REDACTED]" },
        { "X-Registry-Auth: eyJhIjoiYiJ9", "X-Registry-Auth: [REDACTED]" },
        // A scheme after a name.
        { "auth: Bearer s3cr3tOpaque1", "auth: [REDACTED]" },
        { "token: Bearer s3cr3tOpaque1, got 401", "token: [REDACTED], got 401" },
        { "X-Auth-Token: Basic dXNlcjpwYXNz\nHost: x", "X-Auth-Token: [REDACTED]\nHost: x" },
        { "authorization=Bearer s3cr3t for bob", "authorization=[REDACTED] for bob" },
        { "auth: bearer  \t abc def", "auth: [REDACTED] def" },
        { "auth: Bearer                                        abc def", "auth: [REDACTED] def" },
        { "token: token Bearer abc def", "token: [REDACTED] def" },
        { "auth=negotiate YII=", "auth=[REDACTED]" },
        { "auth: Basic", "auth: [REDACTED]" },
        { "auth: Basic\nHost: x", "auth: [REDACTED]\nHost: x" },
        { "auth: Basic \nHost: x", "auth: [REDACTED] \nHost: x" },
        { "auth: Bearer \"abc\" def", "auth: [REDACTED]\" def" },
        { "auth: Bearer [REDACTED] def", "auth: [REDACTED] def" },
        { "auth: bearer, user: bob", "auth: [REDACTED], user: bob" },
        { "auth: Digest username=\"u\", response=\"abc\"\nHost: x", "auth: [REDACTED]\nHost: x" },
        { "curl --token Bearer abc --user bob", "curl --token [REDACTED] --user bob" },
        { "curl -H \"X-Auth-Token: Bearer abc\" https://h", "curl -H \"X-Auth-Token: [REDACTED]\" https://h" },
        { "{\"auth\": \"Bearer abc\", \"user\": \"bob\"}", "{\"auth\": \"[REDACTED]\", \"user\": \"bob\"}" },
        { "{\"line\": \"auth: Bearer abc\", \"user\": \"bob\"}", "{\"line\": \"auth: [REDACTED]\", \"user\": \"bob\"}" },
        // Quotes in the line of a header, and around it.
        { "Cookie: sid=\"s3cr3t\"; a=b", "Cookie: [REDACTED]" },
        { "Cookie: sid='s3cr3t'; a=b\r\nHost: x", "Cookie: [REDACTED]\r\nHost: x" },
        { "it's Set-Cookie: sid=\"s3cr3t\"; it's", "it's Set-Cookie: [REDACTED]" },
        { "Authorization: Digest username=\"u\", response=\"abc\"", "Authorization: [REDACTED]" },
        { "\"a\" Cookie: sid=\"s3cr3t\"", "\"a\" Cookie: [REDACTED]" },
        { "curl -H \"Cookie: a=b; c=d\" https://h", "curl -H \"Cookie: [REDACTED]\" https://h" },
        { "curl -H 'Cookie: sid=\"s3cr3t\"; a=b' https://h", "curl -H 'Cookie: [REDACTED]' https://h" },
        { "curl -H 'Authorization: Digest username=\"u\", response=\"abc\"' https://h", "curl -H 'Authorization: [REDACTED]' https://h" },
        { "{\"m\": \"had Cookie: a=b\", \"n\": 1}", "{\"m\": \"had Cookie: [REDACTED]\", \"n\": 1}" },
        { "{\"m\": \"it's Cookie: sid=\\\"s3cr3t\\\"; a=b\", \"n\": 1}", "{\"m\": \"it's Cookie: [REDACTED]\", \"n\": 1}" },
        { "{\\\"m\\\": \\\"Cookie: sid=\\\\\\\"s3cr3t\\\\\\\"\\\", \\\"n\\\": 1}", "{\\\"m\\\": \\\"Cookie: [REDACTED]\\\", \\\"n\\\": 1}" },
        { "{\"m\": \"curl -H \\\"Cookie: a=b\\\" https://h\"}", "{\"m\": \"curl -H \\\"Cookie: [REDACTED]\\\" https://h\"}" },
        { "\"Cookie: never closed\nHost: x", "\"Cookie: [REDACTED]\nHost: x" },
        { "{\"Cookie\": \"sid=\\\"s3cr3t\\\"; a=b\", \"n\": 1}", "{\"Cookie\": \"[REDACTED]\", \"n\": 1}" },
        { "map[Cookie:[sid=\"s3cr3t\"; a=b] Host:[x]]", "map[Cookie:[REDACTED] Host:[x]]" },
        // Tokens by their shape.
        { Jwt, "[REDACTED]" },
        { $"token {Jwt} expired", "token [REDACTED] expired" },
        { $"x%3D{Jwt}", "x%3D[REDACTED]" },
        { "ghp_0123456789abcdefghijABCDEFGHIJ012345", "[REDACTED]" },
        { "ghs_0123456789abcdefghijABCDEFGHIJ012345/x", "[REDACTED]/x" },
        { "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz", "[REDACTED]" },
        { "glpat-abcDEF123_-456ghiJKL", "[REDACTED]" },
        { "sk-abcdefghijklmnopqrstuvwxyz0123456789", "[REDACTED]" },
        { "\"sk-proj-Ab12Cd34Ef56Gh78Ij90\"", "\"[REDACTED]\"" },
        { "line\\nsk-ant-Ab12Cd34Ef56Gh78Ij90", "line\\n[REDACTED]" },
        { "xoxb-123456789012-abcdefABCDEF", "[REDACTED]" },
        { "xoxp-123456789012-abcdefABCDEF", "[REDACTED]" },
        { "AKIAIOSFODNN7EXAMPLE", "[REDACTED]" },
        { "npm_abcdefghijklmnopqrstuvwxyz0123456789", "[REDACTED]" },
        { "dckr_pat_abcDEF123_-456ghiJKL", "[REDACTED]" },
        // By name.
        { "PASSWORD=hunter2", "PASSWORD=[REDACTED]" },
        { "env: DB_PASSWORD=hunter2 HOME=/root", "env: DB_PASSWORD=[REDACTED] HOME=/root" },
        { "{\"password\": \"hunter2\", \"user\": \"bob\"}", "{\"password\": \"[REDACTED]\", \"user\": \"bob\"}" },
        { "{\\\"password\\\": \\\"hunter\\\\\\\"2\\\", \\\"user\\\": 1}", "{\\\"password\\\": \\\"[REDACTED]\\\", \\\"user\\\": 1}" },
        { "'client_secret': 'a b c'", "'client_secret': '[REDACTED]'" },
        { "api_key=abc&x=1", "api_key=[REDACTED]&x=1" },
        { "https://h/?apikey=abc&access_token=def#x", "https://h/?apikey=[REDACTED]&access_token=[REDACTED]" },
        { "?token%3Dabc", "?token%3D[REDACTED]" },
        { "X-Api-Key: abc", "X-Api-Key: [REDACTED]" },
        { "AWS_SECRET_ACCESS_KEY=abc/def+ghi", "AWS_SECRET_ACCESS_KEY=[REDACTED]" },
        { "AccountKey=abc==;EndpointSuffix=x", "AccountKey=[REDACTED];EndpointSuffix=x" },
        { "Server=db;Password=p,w;Database=x", "Server=db;Password=[REDACTED];Database=x" },
        { "secretKey: abc, tokenValue => 'def'", "secretKey: [REDACTED], tokenValue => '[REDACTED]'" },
        { "{\"credentials\": [\"a\", \"b\"]}", "{\"credentials\": [REDACTED]}" },
        { "{\"credentials\": {\"passwd\": \"a\"}}", "{\"credentials\": {\"passwd\": \"[REDACTED]\"}}" },
        { "{\"auths\": {\"ghcr.io\": {\"auth\": \"dXNlcjpwYXNz\"}}}", "{\"auths\": {\"ghcr.io\": {\"auth\": \"[REDACTED]\"}}}" },
        { "curl --token abc --user bob", "curl --token [REDACTED] --user bob" },
        { "os.environ['API_TOKEN'] = 'abc'", "os.environ['API_TOKEN'] = '[REDACTED]'" },
        { "(passphrase=abc)", "(passphrase=[REDACTED])" },
        { "password=\"never closed", "password=\"[REDACTED]" },
        // Users of URLs.
        { "https://user:pass@host/x", "https://[REDACTED]@host/x" },
        { "https:/user:pass@host/x is not there", "https:/[REDACTED]@host/x is not there" },
        { "git clone https://abc@github.com/x.git", "git clone https://[REDACTED]@github.com/x.git" },
        { "redis://:p@ss@host:6379/0", "redis://[REDACTED]@host:6379/0" },
        // Keys.
        { Key, "[REDACTED]" },
        { $"a {Key} b", "a [REDACTED] b" },
        { "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Blbn", "[REDACTED]" },
        { "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----\n", "[REDACTED]\n" },
        // Several.
        { $"a=1 TOKEN=x Bearer {Jwt} https://u@h", "a=1 TOKEN=[REDACTED] Bearer [REDACTED] https://[REDACTED]@h" },
    };

    public static TheoryData<string> Innocents() =>
    [
        "", "Container created", "c_0b3f7c1e-9a52-4a5e-8b0e-1f6f1c2d3e4f", "docker.io/library/python:3.11-slim@sha256:0123456789abcdef", "req-abcdefghijkmnpqr",
        "bearer authentication required", "Basic Authentication", "a basic understanding of it", "the bearer of bad news", "MCP_AUTH_MODE=bearer is not available",
        "max_tokens=4096", "tokenizer: gpt2", "secretary=Bob", "author=me", "auth_mode=none", "monkey=1", "key=value", "idempotency_key=abc", "public_key: abc", "keyboard=de",
        "password", "the password is wrong", "password=", "token == null", "Token::new()", "password: null", "\"has_token\": true", "CancellationToken cancellationToken)",
        "task-runner-with-a-long-name-1", "disk-usage-of-the-volume-2024", "sk-learn-contrib-packages", "risk-", "eyJ", "ghp_short", "AKIAshort", "npm_config_registry", "xoxo",
        "https://host/path?x=1", "http://[::1]:8000/mcp", "mailto:bob@host", "bob@host", "a://b/c@d", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----",
        "[REDACTED]", "password=[REDACTED]", "Bearer [REDACTED]", "Authorization: [REDACTED]", "https://[REDACTED]@h/", "--token [REDACTED]",
    ];

    /// <summary>What looks again and again as if it were a secret, and is none.</summary>
    public static TheoryData<string, string> NearMisses() => new()
    {
        { "short tokens", "eyJ.ghp_x github_pat_ sk- xoxb AKIA npm_ glpat- " },
        { "one prefix", "eyJ " }, { "prefixes in one word", "sk-sk-" }, { "more prefixes in one word", "eyeyJ" }, { "names without end", "secretpasswordtoken" }, { "names in one word", "secret_token." },
        { "words", "password secret token key auth cookie " }, { "schemes", "bearer basic " }, { "blanks", "bearer                    basic                    " },
        { "separators", "token==" }, { "empty values", "password= " }, { "urls", "://" }, { "users", "://@" }, { "keys", "-----BEGIN " }, { "other keys", "-----BEGIN CERTIFICATE-----" },
        { "options", "--token --" }, { "quotes", "token\"'" }, { "blanks before nothing", "password                          " }, { "marks", "password=[REDACTED] " },
        { "names with schemes", "auth: bearer " }, { "schemes in one value", "token: token token" }, { "braces", "token={" }, { "schemes before braces", "auth: bearer {" }, { "headers", "cookie: " },
        { "headers in quotes", "\"cookie: \" " }, { "headers between quotes", "'\"cookie:\"'" }, { "open quotes", "\"a cookie:{" }, { "backslashes", "\\\\\"cookie: \\\"" },
    };

    [Theory]
    [MemberData(nameof(Secrets))]
    public void A_secret_is_taken_out_and_the_rest_stays(string text, string clean)
    {
        Assert.Equal(clean, Redact(text));
        Assert.Same(clean, Redact(clean));
    }

    [Theory]
    [MemberData(nameof(Innocents))]
    public void What_is_no_secret_comes_back_as_it_is(string text)
    {
        Assert.Same(text, Redact(text));
        // The runtime itself allocates now and then.
        Assert.Equal(0, Enumerable.Range(0, 5).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Redact(text);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
    }

    [Fact]
    public void Nothing_but_the_secret_matters_whatever_is_around_it()
    {
        string[] before = ["", " ", "\n", "x ", "/", "=", ",", "(", "\"", "'", "é", "\U0001F600", "%3D", "\\n"];
        string[] secrets = [Jwt, "ghp_0123456789abcdefghijABCDEFGHIJ012345", "glpat-abcDEF123_-456ghiJKL", "AKIAIOSFODNN7EXAMPLE", "sk-proj-Ab12Cd34Ef56Gh78Ij90", "https://u:canary@h", "PASSWORD=canary", Key];
        foreach (var secret in secrets)
        {
            foreach (var start in before)
                Assert.DoesNotContain(secret.Contains("canary") ? "canary" : secret[6..], Redact($"{start}{secret}{start}"));
        }
    }

    [Theory]
    [MemberData(nameof(NearMisses))]
    public void Time_grows_with_the_length_and_no_faster(string what, string piece)
    {
        const int factor = 16;
        var small = string.Concat(Enumerable.Repeat(piece, (64 << 10) / piece.Length));
        var large = string.Concat(Enumerable.Repeat(small, factor));
        Assert.True(small.Length * factor == large.Length && Redact(large).Length > 0, what);
        // Quadratic would be the square of the factor, 256. Time of this thread alone, whoever else is busy.
        Work(small);
        var ratio = Work(large) / Work(small);
        Assert.True(ratio < factor * 5, $"{what}: {factor} times as long took {ratio:F1} times the time");
    }

    [Fact]
    public void The_same_comes_out_through_the_librarys_other_doors()
    {
        foreach (var (text, clean) in Secrets().Select(row => row.Data))
        {
            var destination = new char[SecretRedactor.Instance.GetRedactedLength(text)];
            Assert.Equal(destination.Length, SecretRedactor.Instance.Redact(text.AsSpan(), destination));
            Assert.Equal(clean, new string(destination));
        }
    }

    [Theory]
    [InlineData("password", true)]
    [InlineData("DbPassword", true)]
    [InlineData("client_secret", true)]
    [InlineData("accessToken", true)]
    [InlineData("X-Api-Key", true)]
    [InlineData("credentials", true)]
    [InlineData("container_id", false)]
    [InlineData("idempotency_key", false)]
    [InlineData("max_tokens", false)]
    [InlineData("author", false)]
    public void A_name_says_whether_its_value_is_secret(string name, bool isSecret) => Assert.Equal(isSecret, SecretNames.IsSecret(name));

    private static string Redact(string text) => SecretRedactor.Instance.Redact(text);

    /// <summary>The least of a few tries: what else happens can only add.</summary>
    private static double Work(string text) => Enumerable.Range(0, 3).Min(_ =>
    {
        var before = ThreadTime();
        Redact(text);
        return ThreadTime() - before;
    });

    private static double ThreadTime()
    {
        const int threadCpuTime = 3;
        Assert.Equal(0, ClockGetTime(threadCpuTime, out var time));
        return (time.Seconds * 1e9) + time.Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out Time time);
}
