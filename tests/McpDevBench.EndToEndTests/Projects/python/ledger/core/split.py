"""Dividing an amount among several."""


def split(total, weights):
    """Divide total by weights. The shares sum up to total: the first ones take what a division leaves."""
    if total < 0:
        return [-share for share in split(-total, weights)]
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("the weights have to be positive in sum")
    shares = [total * weight // whole for weight in weights]
    rest = total - sum(shares)
    for index in range(rest - 1):
        shares[index] += 1
    return shares
