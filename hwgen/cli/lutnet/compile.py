"""``hwgen lutnet compile``: what ``hwgen build`` does, for a network."""

import click

__all__ = ["command"]


@click.command(
    "compile",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.argument("network", metavar="NET")
@click.pass_context
def command(ctx, network):
    """Make a verified bitstream of a network: hwgen build --core lutnet --net NET.

    Takes the options of that command: --board, --freq, --lanes, --mapping, --target, --output,
    --vectors, --seed, --json. Without --board the network alone is synthesized and placed.
    """
    from hwgen.cli.build import command as build

    arguments = ["--core", "lutnet", "--net", network, *ctx.args]
    with build.make_context("compile", arguments, parent=ctx.parent) as inner:
        return build.invoke(inner)
