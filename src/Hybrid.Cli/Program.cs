using System.Text;
using Hybrid.Cli;
using Hybrid.Cli.Shared;

StandardStreams.EnsureOpen();
DiagnosticPort.Close();
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return Cli.Run(args, Terminal.OfProcess());
