using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Projects;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A working day in a C project through MCP alone: upload, build, test, search, debug, edit, serve, commit, download.</summary>
public sealed class CProjectTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Prompt = @"^\(gdb\) $", Faulty = "src/table/table.c";
    private const string Before = "*find(slots, table->capacity, table->slots[at].key)";
    private const string After = "*find(slots, capacity, table->slots[at].key)";
    private const string Test = "cmake -S . -B build -DCMAKE_BUILD_TYPE=Debug > /dev/null && cmake --build build -j 2 > /dev/null"
        + " && ctest --test-dir build --output-on-failure";

    [Fact]
    public async Task A_fault_in_a_C_project_is_found_put_right_committed_and_taken_home()
    {
        var project = ProjectCatalogue.C();
        await using var developer = await Developer.Begin(server, "shelf");
        await developer.Upload(project);
        await developer.Run("git init -q -b main && git add -A && git commit -q -m 'Import the shelf'");

        var failed = await developer.Run(Test, exitCode: 8);
        Assert.Contains("test_table.c:17: expected 'value-0', got '(null)'", failed, StringComparison.Ordinal);
        Assert.Contains("1 tests failed out of 28", failed, StringComparison.Ordinal);
        var listed = await developer.Call("fs_list", ("recursive", true));
        Assert.Contains(Faulty, listed, StringComparison.Ordinal);
        Assert.DoesNotContain("build/", listed, StringComparison.Ordinal);
        var found = await developer.Call("fs_search", ("pattern", "grow("), ("literal", true), ("context", 2));
        Assert.Contains("static int grow(struct table *table)", found, StringComparison.Ordinal);
        var file = await developer.Call("fs_read", ("path", Faulty), ("line", 21), ("limit", 16));
        Assert.Contains(Before, file, StringComparison.Ordinal);

        await Debug(developer);

        // A file with carriage returns, edited as a model writes it: without.
        const string rest = " = table->slots[at];\n    }";
        var diff = await developer.Edit(Faulty, Before + rest, After + rest, Developer.Etag(file));
        Assert.Contains($"+            {After}", diff, StringComparison.Ordinal);
        Assert.Contains("100% tests passed", await developer.Run(Test), StringComparison.Ordinal);

        var serving = await developer.Start("build/shelf serve 7070");
        await developer.WaitFor(serving, "^Listening on ");
        const string ask = "exec 3<>/dev/tcp/localhost/7070; "
            + "printf 'put tea Darjeeling first flush\\nget tea\\ncount\\nquit\\n' >&3; cat <&3";
        Assert.Contains("ok\nDarjeeling first flush\n1\n", await developer.Run(ask), StringComparison.Ordinal);

        var end = new ProjectEnd(developer, project.Replace(Faulty, Before, After), Test, "100% tests passed");
        await end.Commit("Fill a grown table by its new capacity");
        await end.GoOnAfterReboot(serving);
        await end.ComeBackTomorrow();
        await end.TakeHome(server, "build");
    }

    private static async Task Debug(Developer developer)
    {
        var gdb = await developer.Start("gdb -q build/tests/test_table", pty: true);
        await developer.WaitFor(gdb, Prompt);
        var answer = await developer.Say(gdb, "break table.c:30 if table->capacity == 8", Prompt);
        Assert.Contains("Breakpoint 1 at", answer, StringComparison.Ordinal);
        Assert.Contains("Breakpoint 1, grow", await developer.Say(gdb, "run", Prompt), StringComparison.Ordinal);
        answer = await developer.Say(gdb, "backtrace", Prompt);
        Assert.Contains("main () at /workspace/tests/test_table.c:", answer, StringComparison.Ordinal);
        answer = await developer.Say(gdb, "printf \"{%d, %d}\\n\", (int)table->capacity, (int)capacity", Prompt);
        Assert.Contains("{8, 16}", answer, StringComparison.Ordinal);
        await developer.Say(gdb, "kill", "y or n");
        Assert.Contains("killed", await developer.Say(gdb, "y", Prompt), StringComparison.Ordinal);
        Assert.Contains("exited", await developer.SayLast(gdb, "quit"), StringComparison.Ordinal);
    }
}
