using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>A recipe that a person picks in a client: one message to the model, with the arguments filled in.</summary>
internal sealed class DevBenchPrompt(string name, string title, string description, PromptArgument[] arguments, Func<Func<string, string?>, string> write) : McpServerPrompt
{
    private static readonly PromptArgument _workspace = new() { Name = "container_id", Description = "Workspace id or alias; left out: a new one." };
    private static readonly PromptArgument _image = new() { Name = "image", Description = "Image for a new workspace." };

    public static IReadOnlyList<DevBenchPrompt> All { get; } =
    [
        new("setup_python", "Set up Python", "Prepares a workspace for a Python project.",
            [_workspace, _image, new() { Name = "requirements", Description = "Packages, or a requirements file." }],
            given => $"""
                {Workspace(given, "python:3.12-slim")}
                Then set up Python in it: run `python3 --version`, make a virtual environment in /workspace/.venv with `python3 -m venv`, and install {given("requirements") ?? "what requirements.txt or pyproject.toml in /workspace asks for, if there is one"} with its pip.
                Installing needs a network: if the workspace has none, say so rather than trying again. At the end say which Python and packages are there.
                """),
        new("setup_node", "Set up Node.js", "Prepares a workspace for a Node.js project.",
            [_workspace, _image, new() { Name = "package_manager", Description = "npm, pnpm or yarn; npm by default." }],
            given => $"""
                {Workspace(given, "node:22-slim")}
                Then set up Node.js in it: run `node --version`, and if /workspace has a package.json install what it asks for with {given("package_manager") ?? "npm"}, from the lock file if there is one.
                Installing needs a network: if the workspace has none, say so rather than trying again. At the end say which versions are there and which scripts package.json has.
                """),
        new("run_tests", "Run the tests", "Runs a project's tests and explains what fails.",
            [new() { Name = "container_id", Description = "Workspace id or alias.", Required = true }, new() { Name = "command", Description = "How the tests are run; left out: found out." }],
            given => $"""
                Run the tests of the project in the workspace {given("container_id")}.
                {(given("command") is { } command ? $"The command is `{command}`." : "Find out how they are run from the files in /workspace (fs_list, fs_read).")}
                Use exec with enough timeout_s, and exec_poll with wait_ms while they run. Then say how many passed and failed; for each failure read the code concerned and say why it fails. Change nothing unless asked.
                """),
    ];

    public override Prompt ProtocolPrompt { get; } = new() { Name = name, Title = title, Description = description, Arguments = arguments };

    public override IReadOnlyList<object> Metadata => [];

    public override ValueTask<GetPromptResult> GetAsync(RequestContext<GetPromptRequestParams> request, CancellationToken cancellationToken = default)
    {
        var given = request.Params.Arguments;
        foreach (var argument in arguments)
        {
            if (argument.Required == true && Given(argument.Name) is null)
                throw new McpProtocolException($"The prompt {name} needs the argument '{argument.Name}'.", McpErrorCode.InvalidParams);
        }
        var message = new PromptMessage { Role = Role.User, Content = new TextContentBlock { Text = write(Given) } };
        return ValueTask.FromResult(new GetPromptResult { Description = description, Messages = [message] });

        string? Given(string argument) =>
            given is not null && given.TryGetValue(argument, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
    }

    private static string Workspace(Func<string, string?> given, string image) => given("container_id") is { } workspace
        ? $"Attach to the workspace {workspace}."
        : $"Spawn a workspace from the image {given("image") ?? image}.";
}
