using McpDevBench.Cli;

var command = CommandLine.Parse(args);
return await command.RunAsync();
