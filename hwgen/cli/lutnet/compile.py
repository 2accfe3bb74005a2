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
    --vectors, --seed, --json. Without --board the network alone is synthesized and placed. Tables
    for which pruning chose block RAM stand there, unless --block-tables says otherwise.
    """
    from hwgen.cli.build import command as build
    from hwgen.cli.config_options import PREFIX

    arguments = ["--core", "lutnet", "--net", network, *ctx.args]
    with build.make_context("compile", arguments, parent=ctx.parent) as inner:
        given, option = inner.meta["hwgen.given"], f"{PREFIX}block_tables"
        in_file = given and "block_tables" in given.values_for(inner.meta["hwgen.core"])
        if inner.params[option] is None and not in_file:
            from hwgen.lutnet.budget import core_options

            inner.params[option] = core_options(network).get("block_tables")
        return build.invoke(inner)
