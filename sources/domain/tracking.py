"""Query parameters that say where a reader came from, never which page it is."""

from __future__ import annotations

# From the global rules of ClearURLs, the lists of Firefox ("query stripping") and Brave, and the
# general rules of AdGuard. Left out on purpose are names that tell a story on some site, although
# one list or the other has them: ref, source, id, cid, cmp, campaign, ocid, feature, si, tag, ...
_BY_TOOL = {
    "advertising clicks": (
        "action_object_map action_ref_map action_type_map dclid epik fb_action_ids"
        " fb_action_types fb_comment_id fb_ref fb_source fbclid gad_campaignid gad_source gbraid"
        " gclid gclsrc gs_l igsh igshid irclickid li_fat_id mkwid msclkid rb_clickid rdt_cid"
        " rtid s_kwcid srsltid syclid tduid ttclid twclid unicorn_click_id wbraid yclid ymclid"
        " ysclid"
    ),
    "mail and shop tools: HubSpot, Mailchimp, Marketo, Beehiiv, Klaviyo, Eloqua, Listrak": (
        "__hsfp __hssc __hstc __s _bhlid _hsenc _hsmi _ke _kx at_recipient_id at_recipient_list"
        " bbeml bsft_clkid bsft_uid ceneo_spo elqtrack elqtrackid et_rid hsctatracking mc_cid"
        " mc_eid mkt_tok ml_subscriber ml_subscriber_hash nr_email_referer oft_c oft_ck oft_d"
        " oft_id oft_ids oft_k oft_lk oft_sk oly_anon_id oly_enc_id os_ehash sc_customer sc_eh"
        " sc_uid sfmc_activityid sfmc_id sms_click sms_source sms_uph ss_email_id"
        " tracking_source trk_contact trk_module trk_msg trk_sid vero_conv vero_id vgo_ee"
        " wickedid"
    ),
    "measuring: Google Analytics, Adobe, AT Internet, Comscore, Webtrends, Matomo, Branch": (
        "_branch_match_id _branch_referrer _ga _gl _openstat at_campaign at_campaign_type"
        " at_custom1 at_custom2 at_custom3 at_custom4 at_format at_link at_link_id"
        " at_link_origin at_link_type at_medium at_ptr_name at_bbc_team at_variant cmpid echobox"
        " ga_campaign ga_content ga_medium ga_place ga_source ga_term intcmp ns_campaign ns_fee"
        " ns_linkname ns_mchannel ns_source piwik_campaign piwik_keyword piwik_kwd pk_campaign"
        " pk_cid pk_content pk_keyword pk_kwd pk_medium pk_source s_cid spm spm_id_from wt_mc"
        " wt_zmc wtmc wtrid xtor"
    ),
    "what sites tell themselves about a share or a consent": (
        "__twitter_impression guccounter guce_referrer guce_referrer_sig"
    ),
}
_EVERYWHERE = frozenset(name for names in _BY_TOOL.values() for name in names.split())
_PREFIXES = ("utm_", "itm_", "hmb_", "hsa_", "mtm_", "matomo_", "wt.mc_")

# Names that only one house uses in this way; elsewhere they may tell a story.
_AT_HOME = {
    "bbc.co.uk": frozenset({"ocid", "xtor"}),
    "bbc.com": frozenset({"ocid", "xtor"}),
    "dailymail.co.uk": frozenset({"ito"}),
    "msn.com": frozenset({"ocid"}),
    "nytimes.com": frozenset({"emc", "partner", "smid", "smtyp"}),
    "theguardian.com": frozenset({"cmp"}),
    "twitter.com": frozenset({"ref_src", "ref_url"}),
    "wsj.com": frozenset({"mod"}),
    "x.com": frozenset({"ref_src", "ref_url"}),
    "youtube.com": frozenset({"feature", "pp", "si"}),
}
_NONE: frozenset[str] = frozenset()

# Whose visit it is: PHP, Java, ASP, ColdFusion, osCommerce. Not "sid" or "session": those name
# stories and conference talks.
_VISITS = frozenset({"phpsessid", "jsessionid", "cfid", "cftoken", "oscsid"})
_VISIT_PREFIX = "aspsessionid"


def telling(query: str, *, host: str) -> str:
    """Return a query without what tells nothing about the page; the rest, in its order, stays.

    host: whose page it is, in lower case
    """
    home = _AT_HOME.get(host.removeprefix("www."), _NONE)
    return "&".join(
        [pair for pair in query.split("&") if pair and not _is_tracking(pair, home=home)]
    )


def _is_tracking(pair: str, *, home: frozenset[str]) -> bool:
    # Many feeds encode "&" twice, and "amp;" is left of it.
    name = pair.partition("=")[0].lower().removeprefix("amp;")
    return (
        name in _EVERYWHERE
        or name.startswith(_PREFIXES)
        or name in _VISITS
        or name.startswith(_VISIT_PREFIX)
        or name in home
    )
