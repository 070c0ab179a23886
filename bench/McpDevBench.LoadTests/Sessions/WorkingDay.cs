using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace McpDevBench.LoadTests.Sessions;

/// <summary>
/// The recorded day: an assistant looks around in a Python project, runs its tests, searches, reads, edits, watches a build, steps through
/// a REPL and looks at the server. 200 calls with the arguments that a model gives when it leaves out what is optional; a command that is
/// polled to its end counts once.
/// </summary>
internal sealed class WorkingDay(WireClient client, string image)
{
    public const int Calls = 200;

    private const int Modules = 12;

    private string _workspace = "";

    /// <summary>Calls made so far; polls of a command that were made before do not count.</summary>
    public int Made { get; private set; }

    public async Task LiveAsync()
    {
        await client.ListToolsAsync();
        var spawned = await client.CallAsync("spawn", new JsonObject { ["image"] = image, ["alias"] = $"day-{Guid.NewGuid():n}" });
        Made++;
        _workspace = (string?)spawned["structuredContent"]?["container_id"] ?? throw new InvalidOperationException(spawned.ToJsonString());
        try
        {
            await SetUpAsync();
            for (var hour = 0; hour < 6; hour++)
                await WorkAsync(hour);
            await WatchBuildsAsync();
            await StepThroughAsync();
            await LookAtTheServerAsync();
        }
        finally
        {
            await CallAsync("kill", new JsonObject { ["container_id"] = _workspace, ["force"] = true });
        }
        if (Made != Calls)
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"The day has {Made} calls, not {Calls}: correct the record."));
    }

    /// <summary>9 calls: the project, a virtual environment beside it, and a log of half a megabyte.</summary>
    private async Task SetUpAsync()
    {
        var operations = new JsonArray();
        for (var module = 0; module < Modules; module++)
            operations.Add(new JsonObject { ["op"] = "write", ["path"] = $"ledger/module_{module}.py", ["content"] = Source(module) });
        operations.Add(new JsonObject { ["op"] = "write", ["path"] = ".gitignore", ["content"] = ".venv/\n*.log\n" });
        await InWorkspaceAsync("fs_batch", ("operations", operations));
        await InWorkspaceAsync("fs_write", ("path", "README.md"), ("content", "# Ledger\n\nDouble-entry bookkeeping.\n"));
        await InWorkspaceAsync("fs_write", ("path", "tests.py"), ("content", Tests));
        await ShellAsync("mkdir -p .venv/lib && for i in $(seq 1 900); do echo \"# vendored $i\" > .venv/lib/package_$i.py; done");
        await ShellAsync(
            "for i in $(seq 1 6000); do echo \"2026-11-28T10:00:00Z INFO ledger.module_$((i % 12)) posted entry $i <ok> 'balanced'\"; "
                + "done > run.log");
        await InWorkspaceAsync("fs_list");
        await InWorkspaceAsync("fs_list", ("recursive", true));
        await InWorkspaceAsync("fs_list", ("recursive", true), ("glob", "*.py"));
        await InWorkspaceAsync("list_execs");
    }

    /// <summary>27 calls an hour.</summary>
    private async Task WorkAsync(int hour)
    {
        await ShellAsync("python3 tests.py");
        await InWorkspaceAsync("fs_search", ("pattern", "def post"));
        await InWorkspaceAsync("fs_search", ("pattern", "balance"));
        for (var module = 0; module < 4; module++)
            await InWorkspaceAsync("fs_read", ("path", Module(hour + module)));
        await InWorkspaceAsync("fs_read", ("path", Module(hour)), ("line", 20), ("limit", 40));
        await InWorkspaceAsync("fs_stat", ("path", Module(hour)));
        for (var edit = 0; edit < 4; edit++)
        {
            var (before, after) = ($"step_{edit} = {hour}", $"step_{edit} = {hour + 1}");
            await InWorkspaceAsync(
                "fs_edit", ("path", "ledger/module_0.py"),
                ("edits", new JsonArray(new JsonObject { ["old_text"] = before, ["new_text"] = after })));
            await ShellAsync("python3 tests.py 2>&1 | tail -n 5");
        }
        await ShellAsync("ls -l ledger");
        await ShellAsync("python3 -c \"import ledger.module_1 as m; print(m.post(1, 2))\"");
        await ShellAsync("grep -c INFO run.log && tail -n 40 run.log");
        await InWorkspaceAsync("fs_read", ("path", "run.log"), ("tail_lines", 30));
        await InWorkspaceAsync("fs_list", ("path", "ledger"));
        await InWorkspaceAsync("fs_write", ("path", $"notes_{hour}.md"), ("content", "# Notes\n\n- posted entries balance\n"));
        // Mistakes are part of a day.
        await InWorkspaceAsync("fs_read", ("path", "ledger/module_99.py"));
        await InWorkspaceAsync(
            "fs_edit", ("path", "README.md"),
            ("edits", new JsonArray(new JsonObject { ["old_text"] = "Double entry", ["new_text"] = "Single entry" })));
        await ShellAsync("python3 -c 'import nosuchmodule'");
        await InWorkspaceAsync("list_execs", ("include_finished", true));
    }

    /// <summary>4 calls: commands that print line by line, polled to their ends; and the log read as a whole, once.</summary>
    private async Task WatchBuildsAsync()
    {
        for (var build = 0; build < 3; build++)
        {
            var started = await InWorkspaceAsync(
                "exec_start",
                ("shell", "for i in $(seq 1 150); do echo \"[$i/150] compiling ledger/module_$((i % 12)).py\"; sleep 0.01; done"));
            await PollAsync((string)started["structuredContent"]!["exec_id"]!);
        }
        await InWorkspaceAsync("fs_read", ("path", "run.log"));
    }

    /// <summary>12 calls: a REPL, one step after another.</summary>
    private async Task StepThroughAsync()
    {
        var started = await InWorkspaceAsync("exec_start", ("cmd", new JsonArray("python3", "-iq")), ("stdin_open", true));
        var exec = (string)started["structuredContent"]!["exec_id"]!;
        var after = -1L;
        for (var step = 0; step < 5; step++)
        {
            await CallAsync("exec_input", new JsonObject { ["exec_id"] = exec, ["data"] = $"print({step} * {step})\n" });
            var polled = await CallAsync("exec_poll", new JsonObject { ["exec_id"] = exec, ["after_seq"] = after, ["wait_ms"] = 1000 });
            after = (long?)polled["structuredContent"]?["next_seq"] ?? after;
        }
        await CallAsync("exec_cancel", new JsonObject { ["exec_id"] = exec });
    }

    /// <summary>11 calls.</summary>
    private async Task LookAtTheServerAsync()
    {
        for (var look = 0; look < 2; look++)
        {
            await CallAsync("list_containers", []);
            await CallAsync("system_status", []);
            await CallAsync("attach", new JsonObject { ["target"] = _workspace });
        }
        await CallAsync("metrics", []);
        await CallAsync("audit_query", []);
        await CallAsync("audit_query", new JsonObject { ["event_type"] = "exec.start" });
        await InWorkspaceAsync("fs_delete", ("path", "run.log"));
        await ShellAsync("du -s .");
    }

    private async Task PollAsync(string exec)
    {
        for (var (after, complete) = (-1L, false); !complete;)
        {
            var polled = await client.CallAsync(
                "exec_poll", new JsonObject { ["exec_id"] = exec, ["after_seq"] = after, ["wait_ms"] = 5000 });
            var page = polled["structuredContent"] ?? throw new InvalidOperationException(polled.ToJsonString());
            (after, complete) = ((long)page["next_seq"]!, (bool?)page["complete"] ?? false);
        }
    }

    private Task<JsonObject> ShellAsync(string line) => InWorkspaceAsync("exec", ("shell", line));

    private Task<JsonObject> InWorkspaceAsync(string tool, params (string Name, JsonNode Value)[] arguments) =>
        CallAsync(
            tool,
            new JsonObject(
                [
                    KeyValuePair.Create("container_id", (JsonNode?)_workspace),
                    .. arguments.Select(argument => KeyValuePair.Create(argument.Name, (JsonNode?)argument.Value)),
                ]));

    private Task<JsonObject> CallAsync(string tool, JsonObject arguments)
    {
        Made++;
        return client.CallAsync(tool, arguments);
    }

    private static string Module(int number) => $"ledger/module_{number % Modules}.py";

    private static string Source(int module)
    {
        var source = new StringBuilder("\"\"\"A part of the ledger: it's <generated> for the record.\"\"\"\n\n");
        for (var step = 0; step < 4; step++)
            source.Append(CultureInfo.InvariantCulture, $"step_{step} = 0\n");
        for (var function = 0; function < 12 + module; function++)
            source.Append(
                CultureInfo.InvariantCulture,
                $"\n\ndef post_{function}(debit, credit):\n    \"\"\"Posts entry {function}; the balance doesn't change.\"\"\"\n"
                    + $"    balance = debit - credit\n    return balance if balance >= 0 else -balance\n");
        return source.Append("\n\ndef post(debit, credit):\n    return post_0(debit, credit)\n").ToString();
    }

    private const string Tests = """
        import importlib, unittest

        class LedgerTests(unittest.TestCase):
            pass

        for number in range(12):
            def check(self, module=f"ledger.module_{number}"):
                self.assertEqual(1, importlib.import_module(module).post(1, 2))
            setattr(LedgerTests, f"test_module_{number}", check)

        unittest.main(verbosity=2)
        """;
}
