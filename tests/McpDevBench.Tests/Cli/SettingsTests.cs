using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using McpDevBench.Cli;

namespace McpDevBench.Tests.Cli;

public sealed partial class SettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("MCP_PORT", "70000", "MCP_PORT='70000' is not allowed: use a whole number from 0 to 65535.")]
    [InlineData("MCP_LOG_LEVEL", "loud", "MCP_LOG_LEVEL='loud' is not allowed: use DEBUG, INFO, WARNING, ERROR, CRITICAL.")]
    [InlineData("MCP_LOG_FORMAT", "xml", "MCP_LOG_FORMAT='xml' is not allowed: use json, text.")]
    [InlineData("MCP_TRANSPORT_MODE", "sse", "MCP_TRANSPORT_MODE=sse is not offered")]
    [InlineData("MCP_TRANSPORT_MODE", "pigeon", "use streamable-http or stdio")]
    [InlineData("MCP_AUTH_MODE", "bearer", "MCP_AUTH_MODE=bearer is not available in this version")]
    [InlineData("MCP_AUTH_MODE", "oidc", "MCP_AUTH_MODE=oidc is not available in this version")]
    [InlineData("MCP_AUTH_MODE", "magic", "MCP_AUTH_MODE='magic' is not allowed: use none.")]
    [InlineData("MCP_HOST", "bench.example", "MCP_HOST=bench.example is not allowed")]
    [InlineData("MCP_HOST", "0.0.0.0", "there is no authentication")]
    [InlineData("MCP_HOST", "::", "there is no authentication")]
    [InlineData("MCP_PATH", "mcp", "MCP_PATH='mcp' is not allowed")]
    [InlineData("MCP_PATH", "/{x}", "MCP_PATH='/{x}' is not allowed")]
    [InlineData("MCP_ALLOWED_ORIGINS", "bench.example", "not an origin")]
    [InlineData("MCP_ALLOWED_ORIGINS", "https://*.example", "not an origin")]
    [InlineData("MCP_ALLOWED_ORIGINS", "https://bench.example/path", "not an origin")]
    [InlineData("MCP_ALLOWED_HOSTS", "https://bench.example", "not a host")]
    [InlineData("MCP_PUBLIC_URL", "bench.example", "MCP_PUBLIC_URL='bench.example' is not allowed: use http:// or https://")]
    [InlineData("MCP_PUBLIC_URL", "https://bench.example/?x=1", "without a query")]
    [InlineData("MCP_TOOLS_DENY", "fs_raed", "did you mean fs_read")]
    [InlineData("MCP_TOOLS_ALLOW", "fs_read,zzz*", "'zzz*', which is not a tool")]
    [InlineData(
        "MCP_TOOLSETS", "workspace,operators",
        "MCP_TOOLSETS has 'operators', which is not a toolset: use one or more of workspace, exec, files, operator.")]
    [InlineData(
        "MCP_TOOLS_ALLOW", "exec,metrics",
        "MCP_TOOLS_ALLOW has 'metrics', but the toolset operator is off: use MCP_TOOLSETS=workspace,exec,files,operator.")]
    [InlineData("MCP_MAX_MEMORY_MB", "256", "MCP_MAX_MEMORY_MB=256 is not allowed: it is below MCP_CONTAINER_MEMORY_LIMIT, which is 512.")]
    [InlineData("MCP_MAX_CPUS", "0.5", "MCP_MAX_CPUS=0.5 is not allowed: it is below MCP_CONTAINER_CPU_LIMIT, which is 1.")]
    [InlineData("MCP_READ_ONLY", "maybe", "use true or false")]
    [InlineData("MCP_MAX_UPLOAD_BYTES", "10G", "use a whole number of bytes")]
    [InlineData("MCP_AUDIT_ON_FAILURE", "ignore", "MCP_AUDIT_ON_FAILURE='ignore' is not allowed: use deny, continue.")]
    [InlineData("MCP_AUDIT_RETENTION_DAYS", "-1", "use a whole number from 0 to")]
    [InlineData("MCP_AUDIT_LOG_FILE", "/", "MCP_AUDIT_LOG_FILE=/ cannot be written: ")]
    [InlineData("MCP_AUDIT_LOG_FILE", "/dev/null/audit.log", "MCP_AUDIT_LOG_FILE=/dev/null/audit.log cannot be written: ")]
    public void A_wrong_value_is_named_with_what_is_allowed(string name, string value, string sentence) =>
        Assert.Contains(sentence, Assert.Single(Errors(name, value)));

    [Theory]
    [InlineData("MCP_HOST", "localhost")]
    [InlineData("MCP_HOST", "::1")]
    [InlineData("MCP_HOST", "127.0.0.2")]
    [InlineData("MCP_TRANSPORT_MODE", "STDIO")]
    [InlineData("MCP_TOOLS_ALLOW", "exec, fs_*")]
    [InlineData("MCP_TOOLSETS", "Files, exec")]
    [InlineData("MCP_ALLOWED_HOSTS", "bench.example:8443, 10.0.0.5, [::1]:80")]
    public void A_right_value_is_taken(string name, string value) => Assert.Empty(Errors(name, value));

    [Fact]
    public void Only_settings_that_exist_are_named()
    {
        var known = Help.Settings().Select(setting => setting.Name).ToHashSet();
        var unknown = from file in SourceAndDocs()
                      from Match name in SettingName().Matches(File.ReadAllText(file))
                      where !known.Contains(name.Value)
                      select $"{Path.GetFileName(file)} names {name.Value}, which --help does not list.";
        Assert.NotEmpty(SourceAndDocs());
        Assert.Empty(unknown);
    }

    [Fact]
    public void What_is_not_set_is_as_the_guide_has_it()
    {
        var options = DevBenchOptions.Read(
            new Settings(SettingsSource.Read(new Dictionary<string, string>(), new Hashtable(), _folder.Path).Configuration));
        Assert.Equal((8000, 9090, true, true), (options.Access.Port, options.Metrics.Port, options.Metrics.Enabled, options.Log.Json));
    }

    [Fact]
    public void A_log_file_makes_room_when_its_settings_say()
    {
        var given = new Dictionary<string, string> { ["MCP_LOG_FILE"] = "/tmp/server.log", ["MCP_LOG_FILE_MAX_MB"] = "3", ["MCP_LOG_FILE_MAX_AGE_H"] = "5", ["MCP_LOG_FILE_KEEP"] = "2" };
        var file = DevBenchOptions.Read(new Settings(SettingsSource.Read(given, new Hashtable(), _folder.Path).Configuration)).Log.File;
        Assert.Equal(("/tmp/server.log", 3L << 20, TimeSpan.FromHours(5), 2), (file!.Path, file.MaxBytes, file.MaxAge, file.Keep));
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        File.WriteAllText(
            _folder["appsettings.json"],
            """{ "MCP_PORT": 1, "MCP_HOST": "file", "MCP_PATH": "/file", "MCP_TOOLS_DENY": ["kill", "spawn"], "Logging": {} }""");
        var environment = new Hashtable { ["MCP_HOST"] = "environment", ["MCP_PATH"] = "/environment", ["PATH"] = "/bin" };
        var source = SettingsSource.Read(new Dictionary<string, string> { ["MCP_PATH"] = "/line" }, environment, _folder.Path);
        Assert.Empty(source.Errors);
        Assert.Equal(
            ("1", "environment", "/line", "kill,spawn"),
            (
                source.Configuration["MCP_PORT"], source.Configuration["MCP_HOST"], source.Configuration["MCP_PATH"],
                source.Configuration["MCP_TOOLS_DENY"]));
        Assert.Null(source.Configuration["PATH"]);
    }

    [Fact]
    public void Docker_s_own_variable_is_honoured_where_ours_is_not_set()
    {
        var environment = new Hashtable { ["DOCKER_HOST"] = "tcp://192.0.2.1:2376" };
        var source = SettingsSource.Read(new Dictionary<string, string>(), environment, _folder.Path);
        Assert.Equal("192.0.2.1", DevBenchOptions.Read(new Settings(source.Configuration)).Engine.Host.Host);
        environment["MCP_DOCKER_HOST"] = "tcp://192.0.2.2:2376";
        source = SettingsSource.Read(new Dictionary<string, string>(), environment, _folder.Path);
        Assert.Equal("192.0.2.2", DevBenchOptions.Read(new Settings(source.Configuration)).Engine.Host.Host);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_an_error()
    {
        File.WriteAllText(_folder["appsettings.json"], "{ nonsense");
        Assert.Contains(
            "cannot be read", Assert.Single(SettingsSource.Read(new Dictionary<string, string>(), new Hashtable(), _folder.Path).Errors));
        File.WriteAllText(_folder["appsettings.json"], """{ "MCP_PORT": { } }""");
        Assert.Contains(
            "MCP_PORT must be", Assert.Single(SettingsSource.Read(new Dictionary<string, string>(), new Hashtable(), _folder.Path).Errors));
    }

    [Fact]
    public void A_name_that_is_none_is_answered_with_the_one_that_was_meant()
    {
        var source = SettingsSource.Read(
            new Dictionary<string, string>(), new Hashtable { ["MCP_LOGLEVEL"] = "INFO", ["MCP_BANANA_SPLIT"] = "1", ["MCP_PORT"] = "1" },
            _folder.Path);
        Assert.Equal([("MCP_BANANA_SPLIT", null), ("MCP_LOGLEVEL", "MCP_LOG_LEVEL")], source.Unknown(Help.Settings()));
    }

    [Theory]
    [InlineData("sevre", "unknown command 'sevre'; did you mean serve")]
    [InlineData("--log-levl DEBUG", "unknown option --log-levl; did you mean --log-level")]
    [InlineData("serve now", "unexpected argument 'now'")]
    [InlineData("--port", "the option --port needs a value")]
    [InlineData("audit", "query or verify")]
    [InlineData("audit forget", "query or verify")]
    [InlineData("audit query --event-typ exec.start", "unknown option --event-typ; did you mean --event-type")]
    [InlineData("audit query --event-type exec.strat", "Did you mean 'exec.start'?")]
    [InlineData("audit query --since yesterday", "--since='yesterday' is not a time")]
    [InlineData("audit query --limit 0", "use a whole number from 1")]
    [InlineData("audit verify --limit 1", "unknown option --limit")]
    public async Task A_wrong_command_line_is_one_sentence_and_exit_code_2(string line, string sentence)
    {
        var said = new StringWriter();
        var before = Console.Error;
        Console.SetError(said);
        try
        {
            Assert.Equal(2, await CommandLine.Parse(line.Split(' ')).RunAsync());
        }
        finally
        {
            Console.SetError(before);
        }
        Assert.Contains(sentence, said.ToString());
        Assert.Single(said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Help_names_every_setting()
    {
        var help = Help.Text();
        Assert.All(Help.Settings(), setting => Assert.Contains(setting.Name, help));
        Assert.Contains("stdio", help);
        Assert.Equal("--log-level", Help.OptionOf("MCP_LOG_LEVEL"));
        Assert.Equal(Help.Settings().Count, Help.Settings().Select(setting => setting.Name).Distinct().Count());
    }

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<string> Errors(string name, string value)
    {
        var settings = new Settings(
            SettingsSource.Read(new Dictionary<string, string> { [name] = value }, new Hashtable(), _folder.Path).Configuration);
        var options = DevBenchOptions.Read(settings);
        options.Access.CheckListening(settings);
        options.Audit.CheckFile(settings);
        return settings.Errors;
    }

    private static IEnumerable<string> SourceAndDocs([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
        return from folder in new[] { "src", "docs", "deploy" }
               from file in Directory.EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories)
               where Path.GetExtension(file) is ".cs" or ".md" or ".yml" or ".yaml" or ".json"
               select file;
    }

    [GeneratedRegex(@"\bMCP_[A-Z0-9_]*[A-Z0-9]\b")]
    private static partial Regex SettingName();
}
